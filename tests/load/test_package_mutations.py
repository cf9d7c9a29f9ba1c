"""A thousand random changes of a package: none passes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.inspection.test_verify import MUTATIONS, require_found


@settings(max_examples=1000, deadline=None)
@given(st.lists(MUTATIONS, min_size=1, max_size=3))
def test_no_mutation_passes(mutations: list[tuple[str, str, Any, Any]]) -> None:
    require_found(mutations)
