"""What a package is made with, here."""

from inspection.services.export import Making
from server.outbound.crew import ahead
from server.outbound.index_page import HtmlPage
from server.services import Services


def making(given: Services) -> Making:
    office = given.settings.office
    return Making(
        given.objects,
        given.signer,
        HtmlPage(office.name, office.zone, office.language),
        ahead,
        tuple(one.key for one in given.witnesses),
        given.authority.certificates if given.authority else b"",
    )
