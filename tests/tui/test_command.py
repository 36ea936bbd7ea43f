"""The command line: reports, refusals, and what it never imports."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from seqsetvae import __version__
from seqsetvae.stream.codec import encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord, RunState
from tests.tui.logs import T0, ZONE, ScriptedSource, append, story, write_run
from tui.command import main
from tui.report import facts_of, print_report

FORBIDDEN = ("torch", "lightning", "pytorch_lightning", "pandas", "pyarrow")


def report(run: str | None, source: ScriptedSource, pattern: str = "") -> str:
    out = io.StringIO()
    console = Console(file=out, width=100, highlight=False, markup=False, emoji=False)
    print_report(source.store, run, pattern=pattern, clock=lambda: T0 + 1_000, zone=ZONE, console=console)
    return out.getvalue()


def test_the_report_tells_state_progress_metrics_and_events() -> None:
    source = ScriptedSource()
    source.select("p12-latent256")
    text = report("p12-latent256", source)
    assert "running" in text
    assert "step 999/2,000" in text
    assert "16 of 16 dimensions active" in text
    assert "orange: active units 9 % < 10 %" in text
    for line in ("posterior/kl", "train/loss", "22:23:20  step       600  orange"):
        assert line in text
    assert "1,000 lines · 0 bad" in text
    assert any("\u2800" < char < "\u28ff" for char in text)


def test_the_report_takes_a_filter() -> None:
    source = ScriptedSource()
    source.select("p12-latent256")
    table = report("p12-latent256", source, "train/*").split("metric", 1)[1]
    assert "train/kl" in table
    assert "posterior/variance" not in table


def test_a_report_of_nothing_says_so() -> None:
    assert "No runs in logs yet" in report(None, ScriptedSource(()))


def test_a_report_shows_foreign_text_as_text() -> None:
    source = ScriptedSource(("a",), steps=5)
    source.select("a")
    evil = MetricsRecord(t=T0 + 6, step=6, values={"train/[bold]x\x1b[31m": 1.0})
    source.feed("a", encode_metrics(evil))
    source.store.data("a").add_events(
        [EventRecord(t=T0, step=1, level=Level.RED, kind="k", message="[/x]\x1b]0;t\x07")]
    )
    text = report("a", source)
    assert "\x1b" not in text
    assert "train/[bold]x�[31m" in text
    assert "[/x]�]0;t�" in text


def test_once_prints_the_newest_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "a", state=RunState.FINISHED)
    assert main([str(tmp_path), "--once"]) == 0
    out = capsys.readouterr().out
    assert "finished" in out
    assert "train/loss" in out


def test_a_run_directory_is_a_log_directory_of_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_run(tmp_path / "only")), "--once"]) == 0
    assert "only" in capsys.readouterr().out


def test_without_a_terminal_the_report_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert "No runs in" in capsys.readouterr().out


def test_json_is_strict_and_complete(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run = write_run(tmp_path / "a", steps=50)
    append(run / "metrics.jsonl", b'{"t":1700000050,"step":50,"train/loss":"NaN"}\n')
    append(run / "events.jsonl", b"".join(encode_event(event) for event in story()))
    assert main([str(tmp_path), "--once", "--json"]) == 0

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    facts = json.loads(capfdbinary.readouterr().out, parse_constant=refuse)
    assert facts["run"] == "a"
    assert facts["step"] == 50
    assert facts["level"] == "orange"
    assert facts["metrics"]["train/loss"]["latest"] == "NaN"
    assert facts["metrics"]["train/loss"]["not_finite"] == 1
    assert len(facts["events"]) == 4


def test_json_of_nothing() -> None:
    assert facts_of(ScriptedSource(()).store, None, "", T0) == {"logdir": "logs", "runs": [], "run": None}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{tmp}/missing"], "does not exist"),
        (["{tmp}/file"], "is a file"),
        (["{tmp}", "nobody"], "there is no run 'nobody'"),
        (["{tmp}", "--json"], "use it with --once"),
        (["{tmp}", "--poll", "0"], "--poll must lie between"),
        (["{tmp}", "--poll", "nan"], "--poll must lie between"),
        (["{tmp}", "--bogus"], "unrecognized arguments: --bogus; see seqsetvae-watch --help"),
        (["{tmp}", "--onc"], "--onc is no flag of seqsetvae-watch; did you mean --once?"),
        (["{tmp}", "--exit-code", "--once", "--json=1"], "ignored explicit argument"),
        (["{tmp}", "--wait-for", "green"], "invalid choice: 'green'"),
        (["{tmp}", "--wait-for", "red", "a", "b"], "name one run for --wait-for"),
        (["{tmp}", "--thresholds", "{tmp}/none.yaml"], "none.yaml cannot be read"),
        (["{tmp}", "--once", "--on-alert", "true"], "use it on the screen or with --wait-for"),
        (["{tmp}", "--wait-for", "red", "--on-alert", "no-such-program"], "there is no program 'no-such-program'"),
        (["{tmp}", "--export", "a.csv"], "there is no run in {tmp} yet: nothing to export"),
        (["{tmp}", "--export", "a.csv", "--once"], "leave out --once and --wait-for"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    (tmp_path / "file").touch()
    assert main([argument.format(tmp=tmp_path) for argument in arguments]) == (4 if "--exit-code" in arguments else 2)
    captured = capsys.readouterr()
    assert sentence.format(tmp=tmp_path) in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_the_version_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"seqsetvae-watch {__version__}\n"


@pytest.mark.parametrize("modules", ["tui.command, tui.report", "tui.app"])
def test_watching_needs_nothing_that_training_needs(modules: str) -> None:
    code = f"import sys, {modules}; print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_screen_does_not_wait_for_what_it_may_never_need() -> None:
    late = ("yaml", "watchdog", "plotext", "pyarrow", "numpy.ma", "tui.demo", "tui.report")
    code = f"import sys, tui.command, tui.app; print([name for name in {late!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_report_loads_neither_torch_nor_textual(tmp_path: Path) -> None:
    write_run(tmp_path / "a")
    code = (
        "import sys; from tui.command import main; "
        f"assert main([{str(tmp_path)!r}, '--once', '--json']) == 0; "
        f"found = [name for name in {(*FORBIDDEN, 'textual')!r} if name in sys.modules]; "
        "sys.exit(f'loaded {found}' if found else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
