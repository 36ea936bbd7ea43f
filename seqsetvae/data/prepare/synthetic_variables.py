"""The variables of the synthetic cohort: plausible ranges, and how they follow the hidden state of a patient.

The hidden state has three factors: `shock` (circulation), `lungs` (respiration and inflammation) and `organs` (kidney
and liver). A loading is how many of its own standard deviations a variable moves when a factor moves by one.
"""

from dataclasses import dataclass
from typing import Literal

Panel = Literal["vitals", "line", "hourly", "neuro", "gas", "chemistry", "blood", "liver", "rare"]

PANELS: tuple[Panel, ...] = ("vitals", "line", "hourly", "neuro", "gas", "chemistry", "blood", "liver", "rare")


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPlan:
    """What is measured together: how often, for whom, and whether more often in the sick.

    Attributes:
        rate: Share of a patient's measurement times that include it.
        severity_slope: By how much the log-odds of that rise per unit of shock.
        availability: Share of patients who get it at all.
    """

    rate: float
    severity_slope: float
    availability: float


PANEL_PLANS: dict[Panel, PanelPlan] = {
    "vitals": PanelPlan(rate=0.78, severity_slope=0.2, availability=1.0),
    "line": PanelPlan(rate=0.75, severity_slope=0.2, availability=0.5),
    "hourly": PanelPlan(rate=0.45, severity_slope=0.2, availability=0.98),
    "neuro": PanelPlan(rate=0.22, severity_slope=0.1, availability=0.98),
    "gas": PanelPlan(rate=0.09, severity_slope=0.6, availability=0.7),
    "chemistry": PanelPlan(rate=0.06, severity_slope=0.3, availability=1.0),
    "blood": PanelPlan(rate=0.05, severity_slope=0.2, availability=0.98),
    "liver": PanelPlan(rate=0.02, severity_slope=0.5, availability=0.45),
    "rare": PanelPlan(rate=0.01, severity_slope=0.5, availability=0.25),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable.

    Attributes:
        name: As in the PhysioNet 2012 files.
        centre, spread: Of healthy-to-ill patients; of the logarithm's e-fold where `skewed`.
        low, high: What an instrument can show.
        loadings: On shock, lungs and organs.
        digits: Decimals that are written down.
        skewed: Log-normal: `spread` is then the standard deviation of the natural logarithm.
    """

    name: str
    panel: Panel
    centre: float
    spread: float
    low: float
    high: float
    loadings: tuple[float, float, float]
    digits: int = 0
    skewed: bool = False


def _variable(
    name: str,
    panel: Panel,
    centre: float,
    spread: float,
    limits: tuple[float, float],
    loadings: tuple[float, float, float],
    *,
    digits: int = 0,
    skewed: bool = False,
) -> Variable:
    low, high = limits
    return Variable(
        name=name,
        panel=panel,
        centre=centre,
        spread=spread,
        low=low,
        high=high,
        loadings=loadings,
        digits=digits,
        skewed=skewed,
    )


VARIABLES: tuple[Variable, ...] = (
    _variable("HR", "vitals", 86, 17, (20, 220), (0.7, 0.3, 0.0)),
    _variable("RespRate", "vitals", 19, 5, (4, 60), (0.3, 0.7, 0.0)),
    _variable("SaO2", "vitals", 97, 2, (60, 100), (-0.2, -0.8, 0.0)),
    _variable("NISysABP", "vitals", 119, 22, (40, 250), (-0.8, 0.0, 0.1)),
    _variable("NIDiasABP", "vitals", 58, 14, (15, 140), (-0.7, 0.0, 0.1)),
    _variable("NIMAP", "vitals", 77, 15, (25, 180), (-0.8, 0.0, 0.1)),
    _variable("SysABP", "line", 118, 23, (40, 250), (-0.8, 0.0, 0.1)),
    _variable("DiasABP", "line", 59, 12, (15, 140), (-0.7, 0.0, 0.1)),
    _variable("MAP", "line", 79, 15, (25, 180), (-0.8, 0.0, 0.1)),
    _variable("Urine", "hourly", 70, 0.9, (0, 2000), (-0.5, 0.0, -0.5), skewed=True),
    _variable("Temp", "hourly", 37.1, 0.8, (32, 42), (0.1, 0.6, 0.0), digits=1),
    _variable("GCS", "neuro", 11.5, 3.6, (3, 15), (-0.7, -0.2, -0.1)),
    _variable("FiO2", "gas", 0.52, 0.18, (0.21, 1), (0.2, 0.8, 0.0), digits=2),
    _variable("MechVent", "gas", 1, 0, (1, 1), (0.0, 0.0, 0.0)),
    _variable("PaO2", "gas", 125, 0.5, (25, 500), (-0.1, -0.7, 0.0), skewed=True),
    _variable("PaCO2", "gas", 40, 8, (15, 100), (0.0, 0.6, 0.0)),
    _variable("pH", "gas", 7.38, 0.08, (6.8, 7.7), (-0.6, -0.4, -0.2), digits=2),
    _variable("Lactate", "gas", 2.1, 0.6, (0.3, 30), (0.8, 0.1, 0.2), digits=1, skewed=True),
    _variable("BUN", "chemistry", 20, 0.65, (2, 200), (0.2, 0.0, 0.8), skewed=True),
    _variable("Creatinine", "chemistry", 1.1, 0.6, (0.2, 20), (0.2, 0.0, 0.8), digits=1, skewed=True),
    _variable("Glucose", "chemistry", 131, 0.35, (20, 1000), (0.3, 0.3, 0.0), skewed=True),
    _variable("HCO3", "chemistry", 23, 4.5, (5, 50), (-0.6, 0.2, -0.4)),
    _variable("K", "chemistry", 4.1, 0.6, (2, 9), (0.1, 0.0, 0.6), digits=1),
    _variable("Na", "chemistry", 139, 5, (110, 170), (0.0, 0.0, -0.3)),
    _variable("Mg", "chemistry", 2.0, 0.4, (0.8, 6), (0.0, 0.0, 0.5), digits=1),
    _variable("HCT", "blood", 30.5, 5, (12, 60), (-0.3, 0.0, -0.3), digits=1),
    _variable("WBC", "blood", 11.5, 0.5, (0.2, 100), (0.3, 0.6, 0.0), digits=1, skewed=True),
    _variable("Platelets", "blood", 175, 0.55, (6, 1200), (-0.2, 0.0, -0.6), skewed=True),
    _variable("ALT", "liver", 45, 1.2, (3, 10000), (0.3, 0.0, 0.6), skewed=True),
    _variable("AST", "liver", 62, 1.2, (5, 12000), (0.3, 0.0, 0.6), skewed=True),
    _variable("ALP", "liver", 84, 0.6, (15, 2000), (0.0, 0.0, 0.5), skewed=True),
    _variable("Bilirubin", "liver", 0.9, 1.1, (0.1, 50), (0.1, 0.0, 0.8), digits=1, skewed=True),
    _variable("Albumin", "liver", 2.9, 0.6, (1, 5.3), (-0.3, -0.1, -0.4), digits=1),
    _variable("TroponinT", "rare", 0.2, 1.4, (0.01, 25), (0.6, 0.0, 0.1), digits=2, skewed=True),
    _variable("Cholesterol", "rare", 155, 43, (40, 360), (-0.3, 0.0, -0.2)),
)
