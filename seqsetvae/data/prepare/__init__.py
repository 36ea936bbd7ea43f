"""Converters from public and synthetic sources to the patient_ehr layout."""
