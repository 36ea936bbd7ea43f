"""The walk from raw files to an AUROC: each step once, from archives of both kinds. The programs are stand-ins."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.examples.stand_ins import EXAMPLES, Stage

SCRIPT = "physionet2012_walk.sh"

# What it calls leaves what the real programs leave; the download takes its files from `public`.
CURL = 'url=${@: -1}; cp "public/${url##*/}" "${@: -2:1}"'
PREPARE = 'ls "$2" >prepared && mkdir -p "$3" && touch "$3/oc.csv"'
TRAIN = """
mkdir -p checkpoints/p12 logs/p12 && touch checkpoints/p12/last.ckpt
[[ ! -e fails ]] || exit 1
echo '{"test/auroc": 0.8}' >logs/p12/test.json
"""


@pytest.fixture
def walk(tmp_path: Path) -> Stage:
    stage = Stage(root=tmp_path)
    stage.stand_in("curl", CURL)
    stage.stand_in("seqsetvae-prepare", PREPARE)
    stage.stand_in("seqsetvae-train", TRAIN)
    stage.stand_in("seqsetvae-watch", "")
    return stage


def archive(directory: Path, name: str, *, outcomes_inside: bool) -> None:
    """Write an archive of one stay, with its outcomes inside or beside it."""
    letter = name[4]
    (directory / f"set-{letter}").mkdir(parents=True)
    (directory / f"set-{letter}" / "132539.txt").write_text("Time,Parameter,Value\n")
    (directory / f"Outcomes-{letter}.txt").write_text("RecordID\n")
    members = [f"set-{letter}", *([f"Outcomes-{letter}.txt"] if outcomes_inside else [])]
    subprocess.run(["tar", "-caf", name, *members], cwd=directory, check=True)
    if outcomes_inside:
        (directory / f"Outcomes-{letter}.txt").unlink()


def test_it_downloads_prepares_trains_and_tells_the_auroc(walk: Stage) -> None:
    for letter in "ab":
        archive(walk.root / "public", f"set-{letter}.tar.gz", outcomes_inside=False)
    code, said = walk.run(SCRIPT)
    assert code == 0, said
    assert said.endswith('On the test split, the checkpoint that was best in validation:\n{"test/auroc": 0.8}\n')
    assert [call.split("/")[-1] for call in walk.calls("curl")] == [
        "set-a.tar.gz", "set-b.tar.gz", "Outcomes-a.txt", "Outcomes-b.txt",
    ]  # fmt: skip
    assert {"Outcomes-a.txt", "Outcomes-b.txt", "set-a", "set-b"} <= set((walk.root / "prepared").read_text().split())
    assert walk.calls("seqsetvae-prepare") == ["physionet2012 raw data/p12"]
    assert walk.calls("seqsetvae-train") == [f"--config {EXAMPLES / 'train.yaml'} --data_dir data/p12"]
    assert walk.calls("seqsetvae-watch") == ["logs p12 --once"]


def test_archives_on_the_disk_are_taken_and_flags_go_to_training(walk: Stage) -> None:
    archive(walk.root / "mine", "set-a.tar.xz", outcomes_inside=True)
    code, said = walk.run(SCRIPT, "mine", "--max_epochs", "2")
    assert code == 0, said
    assert walk.calls("curl") == []
    assert set((walk.root / "prepared").read_text().split()) == {"Outcomes-a.txt", "set-a"}
    assert walk.calls("seqsetvae-train")[0].endswith("--data_dir data/p12 --max_epochs 2")


def test_run_again_it_goes_on_behind_what_was_done(walk: Stage) -> None:
    archive(walk.root / "mine", "set-a.tar.gz", outcomes_inside=True)
    (walk.root / "fails").touch()
    assert walk.run(SCRIPT, "mine")[0] == 1
    (walk.root / "fails").unlink()
    assert walk.run(SCRIPT, "mine")[0] == 0
    assert len(walk.calls("seqsetvae-prepare")) == 1
    assert walk.calls("seqsetvae-train")[1].endswith("--resume_from_checkpoint checkpoints/p12/last.ckpt")
    assert walk.run(SCRIPT, "mine")[0] == 0
    assert len(walk.calls("seqsetvae-train")) == 2, "what is trained and tested is only reported"


def test_a_directory_without_archives_is_refused(walk: Stage) -> None:
    (walk.root / "mine").mkdir()
    code, said = walk.run(SCRIPT, "mine")
    assert code == 2
    assert said == ("mine holds no set-a.tar.gz or set-a.tar.xz; give the directory that does, or none to download\n")
    assert walk.calls("seqsetvae-prepare") == []
