#!/usr/bin/env bash
# Prepare a synthetic cohort, train a small SeqSetVAE on it, and watch the run. `make demo` calls this.
#
# In a terminal, training runs in the background and the watcher in front; closing the watcher does not end training.
# Elsewhere, training runs in front and the watcher's report follows. The exit code is the training's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cohort=demo/cohort
logs=demo/logs
output=demo/train.log
run=demo-$(date +%Y-%m-%d_%H-%M-%S)
trainer=

main() {
    if [[ ! -e $cohort/oc.csv ]]; then
        seqsetvae-prepare synthetic "$cohort" --patients 800
    fi
    if [[ -t 0 && -t 1 && ${TERM:-dumb} != dumb ]]; then
        train_behind_the_watcher
    else
        seqsetvae-train --config examples/demo.yaml --run_name "$run"
        seqsetvae-watch "$logs" "$run" --once
    fi
}

train_behind_the_watcher() {
    trap end_training EXIT
    trap 'exit 143' TERM
    echo "Training in the background; what it says goes to $output."
    seqsetvae-train --config examples/demo.yaml --run_name "$run" >"$output" 2>&1 &
    trainer=$!
    until [[ -e $logs/$run/run.json ]] || ! kill -0 "$trainer" 2>/dev/null; do
        sleep 0.2
    done
    if [[ -e $logs/$run/run.json ]]; then
        seqsetvae-watch "$logs" "$run"
        echo "The watcher is closed."
    fi
    local code=0
    wait_for_training || code=$?
    tail -n 20 "$output"
    echo "To look again: .venv/bin/seqsetvae-watch $logs"
    return "$code"
}

wait_for_training() {
    if kill -0 "$trainer" 2>/dev/null; then
        echo "Training goes on; waiting for its end. Ctrl-C stops it, with a checkpoint to resume from."
    fi
    # Ctrl-C reaches the trainer too, which ends at its next step: keep waiting until it has.
    trap : INT
    local code=0
    wait "$trainer" || code=$?
    while kill -0 "$trainer" 2>/dev/null; do
        code=0
        wait "$trainer" || code=$?
    done
    trainer=
    return "$code"
}

end_training() {
    if [[ -n $trainer ]] && kill -TERM "$trainer" 2>/dev/null; then
        echo "Stopping training; it saves a checkpoint first."
        wait "$trainer" || true
    fi
}

main
