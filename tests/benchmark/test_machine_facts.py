from pathlib import Path

import torch

from seqsetvae.benchmark.machine_facts import machine_facts, processor_name


def test_facts_are_of_this_machine() -> None:
    facts = machine_facts()
    assert facts.torch == torch.__version__
    assert 0 < facts.memory_free <= facts.memory
    assert facts.cores >= 1
    assert facts.processor in facts.in_words()
    assert facts.as_json()["python"].startswith("3.")


def test_the_processor_is_named_by_the_kernel_where_it_does(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor : 0\nmodel name : Abacus 9000 @ 1 bead\n")
    assert processor_name(info) == "Abacus 9000 @ 1 bead"
    assert processor_name(tmp_path / "none")
