#!/usr/bin/env bash
# From the public files of the PhysioNet Challenge 2012 to an AUROC on patients that training has not seen:
#
#     examples/physionet2012_walk.sh [ARCHIVES] [FLAG OF seqsetvae-train...]
#
# ARCHIVES is a directory with set-a and set-b as .tar.gz or .tar.xz, and with Outcomes-a.txt and Outcomes-b.txt where
# the archives do not hold them; one set is enough. Without it, both sets are downloaded to raw/ (15 MB).
# Run it again, and it goes on behind the last step that was finished, training from its last checkpoint.
#
# All goes to the working directory: raw/, data/p12, checkpoints/ and logs/. Watch from another terminal:
#     seqsetvae-watch logs
set -euo pipefail

origin=https://physionet.org/files/challenge-2012/1.0.0
settings=$(dirname "${BASH_SOURCE[0]}")/train.yaml
archives=raw
if (($#)) && [[ $1 != --* ]]; then
    archives=$1
    shift
fi

main() {
    if [[ ! -e data/p12/oc.csv ]]; then
        [[ $archives != raw ]] || download
        unpack
        seqsetvae-prepare physionet2012 raw data/p12
    fi
    if [[ ! -e logs/p12/test.json ]]; then
        train "$@"
    fi
    seqsetvae-watch logs p12 --once
    echo "On the test split, the checkpoint that was best in validation:"
    cat logs/p12/test.json
}

download() {
    mkdir -p raw
    local file
    for file in set-a.tar.gz set-b.tar.gz Outcomes-a.txt Outcomes-b.txt; do
        if [[ ! -e raw/$file ]]; then
            curl -fL --retry 3 -o "raw/$file.part" "$origin/$file"
            mv "raw/$file.part" "raw/$file"
        fi
    done
}

unpack() {
    local file found=
    mkdir -p raw
    for file in "$archives"/set-?.tar.[gx]z; do
        if [[ -e $file ]]; then
            tar -xf "$file" -C raw
            found=yes
        fi
    done
    if [[ -z $found ]]; then
        echo "$archives holds no set-a.tar.gz or set-a.tar.xz; give the directory that does, or none to download" >&2
        exit 2
    fi
    for file in "$archives"/Outcomes-?.txt; do
        if [[ -e $file && ! -e raw/${file##*/} ]]; then
            cp "$file" raw
        fi
    done
}

train() {
    local resume=()
    if [[ -e checkpoints/p12/last.ckpt ]]; then
        resume=(--resume_from_checkpoint checkpoints/p12/last.ckpt)
    fi
    seqsetvae-train --config "$settings" --data_dir data/p12 "${resume[@]}" "$@"
}

main "$@"
