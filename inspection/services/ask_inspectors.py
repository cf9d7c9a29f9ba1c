"""How many inspectors an item asks for: set by an administrator, for surveys that are booked from now on."""

from dataclasses import replace

from inspection.model.catalogue import Item
from inspection.model.errors import Invalid
from inspection.model.people import Actor
from inspection.model.text import known
from inspection.ports import Office
from inspection.services.access import require_role

MOST = 4


def ask_inspectors(office: Office, actor: Actor, item: str, inspectors: int) -> Item:
    """Raises `Invalid("inspectors-range")`, `NotFound("item-unknown")`, `Forbidden`."""
    require_role(actor, "settings")
    if not 1 <= inspectors <= MOST:
        raise Invalid("inspectors-range", field="inspectors", limit=MOST)
    with office.write() as work:
        changed = replace(work.items.get(known(item, "item-unknown")), inspectors=inspectors)
        work.items.put(changed)
    return changed
