"""The catalogue of permit items and the acceptance standards that a survey checks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a checklist. Texts are keyed by language, as in `{"zh-CN": …, "en": …}`."""

    id: str
    title: dict[str, str]
    guidance: dict[str, str]  # what the applicant is asked to show
    required: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """A versioned acceptance standard; a survey keeps the version that it began with."""

    id: str
    version: int
    checks: tuple[Check, ...]

    def check(self, id: str) -> Check | None:
        return next((check for check in self.checks if check.id == id), None)


@dataclass(frozen=True, slots=True)
class Item:
    """A permit item: its department and its working days by statute and by promise. `inspectors`: how many have to see
    the site together and sign the record (双人踏勘 asks for two)."""

    id: str
    code: str
    title: dict[str, str]
    department: dict[str, str]
    statutory_days: int
    promised_days: int
    checklist: Checklist  # the version in force
    inspectors: int = 1
