"""Who is who, and who is signed in."""

from typing import NotRequired, TypedDict


class Name(TypedDict):
    id: str
    name: str


class Person(Name):
    sign_in: str
    role: str
    active: bool
    must_change: bool


class NewPerson(Person):
    """`one_time_password` is told this once."""

    one_time_password: str


class People(TypedDict):
    people: list[Person] | list[Name]
    total: int


class Me(Name):
    role: str
    must_change: bool
    survey: NotRequired[str | None]


class SignedIn(TypedDict):
    me: Me | None


class Session(SignedIn):
    """`csrf`: what every write must carry as `X-CSRF-Token`."""

    csrf: str
