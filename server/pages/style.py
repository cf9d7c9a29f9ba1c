"""Every part of the pages in one place, for those who build and check them."""

from flask import Blueprint, render_template

blueprint = Blueprint("style", __name__)


@blueprint.get("/style")
def style() -> str:
    return render_template("style.html")
