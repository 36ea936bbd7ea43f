"""Names of the exchange layout: one parquet file per patient, three small tables beside them.

    DATA/patient_ehr/{train,valid,test}/<id>.parquet   variable:str  value:float  minute:float  [set_index:int]
    DATA/stats.csv        variable,mean,std
    DATA/oc.csv           ts_id,in_hospital_mortality
    DATA/cached.csv       Key,<one column per embedding dimension>   optional

Readers and converters take every name from here.
"""

from pathlib import Path
from typing import Literal

Split = Literal["train", "valid", "test"]

SPLITS: tuple[Split, Split, Split] = ("train", "valid", "test")

PATIENTS = "patient_ehr"
STATS = "stats.csv"
LABELS = "oc.csv"
EMBEDDINGS = "cached.csv"
REPORT = "prepare_report.json"

STATS_COLUMNS = ("variable", "mean", "std")
LABEL_COLUMNS = ("ts_id", "in_hospital_mortality")
EMBEDDING_KEY = "Key"


def variable_name(text: str) -> str:
    """Spell a variable's name: without blanks around it, and with one space where blanks or line ends are inside.

    Every table and file is read with this rule, and written with it by the converters. A name that is empty then is
    none.
    """
    return " ".join(text.split())


def split_directory(data_dir: Path, split: Split) -> Path:
    """Return the directory that holds the parquet files of one split."""
    return data_dir / PATIENTS / split
