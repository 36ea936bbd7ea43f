from seqsetvae.logs.bounded_event import PLAIN_LINE, bounded
from seqsetvae.stream.codec import decode_event, encode_event
from seqsetvae.stream.records import EventRecord, Level
from tests.tui.logs import T0
from tui.views.format import MAX_TEXT


def kept(event: EventRecord) -> EventRecord:
    line = encode_event(event)
    return bounded(decode_event(line), len(line))


def test_an_event_of_a_usual_size_is_kept_whole() -> None:
    data = {"reasons": ["KL 0.02 < 0.08"], "since": 40, "scores": [[0.1, 0.2]]}
    event = EventRecord(t=T0, step=4, level=Level.RED, kind="collapse", message="m" * 5_000, data=data)
    assert kept(event) == event


def test_of_a_long_one_what_a_screen_shows_is_kept() -> None:
    data = {"condition": "c", "reasons": ["r"] * PLAIN_LINE, "advice": ["lower β"], "k" * PLAIN_LINE: 1, "since": 4}
    event = kept(EventRecord(t=T0, step=4, level=Level.RED, kind="k" * 900, message="m" * PLAIN_LINE, data=data))
    assert (event.t, event.step, event.level) == (T0, 4, Level.RED)
    assert event.message == "m" * (MAX_TEXT - 1) + "…"
    assert event.data == {"condition": "c", "advice": ["lower β"], "since": 4}
    assert len(encode_event(event)) < PLAIN_LINE
