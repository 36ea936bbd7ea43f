"""The chart's window: zoomed, moved, and going on with a run that grows."""

from tui.views.window import ChartState, Extent, Window

EXTENT = Extent(span=Window(low=0, high=100), newest=100)
GROWN = Extent(span=Window(low=0, high=130), newest=130)


def window_of(state: ChartState) -> tuple[float, float]:
    assert state.window is not None
    return state.window.low, state.window.high


def test_zooming_keeps_the_place_it_is_about() -> None:
    state = ChartState().zoomed(0.5, EXTENT, about=20)
    assert window_of(state) == (10, 60)
    assert window_of(state.zoomed(0.5, EXTENT, about=20)) == (15, 40)
    assert window_of(state.zoomed(0.5, EXTENT)) == (22.5, 47.5)


def test_a_window_never_leaves_what_there_is_to_see() -> None:
    assert window_of(ChartState().at(Window(low=-50, high=-10), EXTENT)) == (0, 40)
    assert window_of(ChartState().at(Window(low=90, high=120), EXTENT)) == (70, 100)
    assert ChartState().at(Window(low=-50, high=150), EXTENT).window is None


def test_a_window_has_a_smallest_width() -> None:
    low, high = window_of(ChartState().at(Window(low=50, high=50), EXTENT))
    assert 0 < high - low <= 1e-3


def test_a_window_with_the_newest_point_goes_on_with_the_run() -> None:
    following = ChartState().at(Window(low=80, high=100), EXTENT)
    assert window_of(following.now(GROWN)) == (110, 130)
    assert following.now(EXTENT) == following


def test_a_window_in_the_past_stays() -> None:
    past = ChartState().at(Window(low=40, high=60), EXTENT)
    assert past.now(GROWN) == past


def test_zooming_in_while_following_keeps_the_newest_point_in_sight() -> None:
    following = ChartState().at(Window(low=80, high=100), EXTENT)
    assert window_of(following.zoomed(0.5, EXTENT)) == (90, 100)


def test_moving_away_from_the_end_and_back_stops_and_begins_following() -> None:
    following = ChartState().at(Window(low=80, high=100), EXTENT)
    away = following.panned(-1, EXTENT)
    assert (window_of(away), away.newest) == ((60, 80), None)
    assert away.panned(1, EXTENT).newest == 100


def test_beside_a_longer_run_the_newest_point_keeps_its_place_in_the_window() -> None:
    beside = Extent(span=Window(low=0, high=500), newest=100)
    state = ChartState().at(Window(low=60, high=110), beside)
    later = Extent(span=Window(low=0, high=500), newest=105)
    assert window_of(state.now(later)) == (65, 115)


def test_another_axis_and_everything_have_no_window() -> None:
    state = ChartState().at(Window(low=80, high=100), EXTENT)
    for without in (state.everything(), state.next_axis()):
        assert (without.window, without.newest) == (None, None)


def test_a_run_is_kept_once_and_let_go() -> None:
    state = ChartState().toggled("a").toggled("b")
    assert state.overlays == ("a", "b")
    assert state.toggled("a").overlays == ("b",)
