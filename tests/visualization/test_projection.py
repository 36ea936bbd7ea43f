"""Two dimensions out of many, with UMAP and without."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsetvae.visualization.projection import FEWEST_POINTS, find_umap, project

ROWS = np.random.default_rng(0).normal(size=(40, 5)) * [5.0, 3.0, 0.1, 0.1, 0.1] + 7.0


class StandIn:
    """As much of UMAP as is used: remembers its settings, and returns the first two columns."""

    settings: dict[str, Any]

    def __init__(self, **settings: Any) -> None:
        StandIn.settings = settings

    def fit_transform(self, rows: NDArray[np.float64]) -> NDArray[np.float32]:
        warnings.warn("n_jobs value 1 overridden to 1 by setting random_state", UserWarning, stacklevel=1)
        return rows[:, :2].astype(np.float32)


UMAP = SimpleNamespace(UMAP=StandIn)


class TestPrincipalComponents:
    def test_they_are_the_directions_of_largest_variance(self) -> None:
        found = project(ROWS, umap=None, seed=0)
        assert found.method == "PCA"
        variances = np.linalg.eigvalsh(np.cov(ROWS.T))[::-1]
        np.testing.assert_allclose(found.points.var(0, ddof=1), variances[:2])
        np.testing.assert_allclose(found.points.mean(0), 0.0, atol=1e-9)
        shares = 100 * variances / variances.sum()
        assert found.note == f"{shares[0]:.0f} % and {shares[1]:.0f} % of the variance"

    def test_their_sign_does_not_depend_on_the_library(self) -> None:
        found = project(ROWS, umap=None, seed=0).points
        assert np.corrcoef(found[:, 0], ROWS[:, 0])[0, 1] > 0.9
        assert np.corrcoef(found[:, 1], ROWS[:, 1])[0, 1] > 0.9

    def test_one_dimension_and_one_point_are_enough(self) -> None:
        assert project(ROWS[:, :1], umap=None, seed=0).points[:, 1].tolist() == [0.0] * 40
        assert project(ROWS[:1], umap=None, seed=0).points.tolist() == [[0.0, 0.0]]


class TestUmap:
    def test_its_points_are_taken_with_the_seed(self) -> None:
        found = project(ROWS, umap=UMAP, seed=3)
        assert (found.method, found.note) == ("UMAP", "15 neighbours")
        np.testing.assert_allclose(found.points, ROWS[:, :2], rtol=1e-6)
        assert StandIn.settings == {"n_components": 2, "n_neighbors": 15, "random_state": 3}

    def test_few_points_are_projected_without_it(self) -> None:
        found = project(ROWS[: FEWEST_POINTS - 1], umap=UMAP, seed=0)
        assert found.method == "PCA"
        assert found.note.endswith("; too few points for UMAP, which needs 20")

    def test_a_collapsed_space_is_one_point_and_says_so(self) -> None:
        found = project(np.ones((30, 4)), umap=UMAP, seed=0)
        assert (found.method, found.note) == ("PCA", "all points are the same")
        assert not found.points.any()


class TestFinding:
    def test_it_is_found_where_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("umap")
        module.UMAP = StandIn  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "umap", module)
        assert find_umap() is module

    def test_without_it_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "umap", None)
        assert find_umap() is None

    def test_another_package_of_that_name_is_not_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "umap", ModuleType("umap"))
        assert find_umap() is None

    def test_what_its_compiler_warns_of_stays_inside(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        (tmp_path / "umap.py").write_text(
            "import warnings\nwarnings.warn('TBB threading layer', UserWarning)\nUMAP = 1\n"
        )
        monkeypatch.delitem(sys.modules, "umap", raising=False)
        monkeypatch.syspath_prepend(str(tmp_path))
        assert find_umap().UMAP == 1
        del sys.modules["umap"]


@pytest.mark.slow
def test_the_real_one_separates_two_groups() -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed", exc_type=ImportError)
    rows = np.concatenate([ROWS, ROWS + 100.0])
    found = project(rows, umap=find_umap(), seed=0)
    assert found.method == "UMAP"
    near, far = found.points[:40], found.points[40:]
    apart = np.linalg.norm(near.mean(0) - far.mean(0))
    assert apart > 2 * max(near.std(), far.std())
