"""What the people of a survey do in their browsers, as steps that a test tells its story with."""

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

PASSWORD = "a long enough password"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff who has a password of his own."""

    name: str
    sign_in: str
    password: str = PASSWORD


def desk(browser: Browser, locale: str = "en-US", **options: object) -> BrowserContext:
    """A desktop browser of one person: his own cookies, camera and microphone allowed."""
    return browser.new_context(
        viewport=DESK,
        locale=locale,
        permissions=["microphone", "camera"],
        **options,  # type: ignore[arg-type]
    )


def phone(browser: Browser, locale: str = "zh-CN", **options: object) -> BrowserContext:
    """A phone that stands at a site in Shanghai."""
    return browser.new_context(
        viewport=PHONE,
        locale=locale,
        has_touch=True,
        is_mobile=True,
        permissions=["microphone", "camera", "geolocation"],
        geolocation={"latitude": 31.2304, "longitude": 121.4737, "accuracy": 12},
        **options,  # type: ignore[arg-type]
    )


def sign_in(page: Page, url: str, who: Staff, one_time: str | None = None) -> None:
    """Sign in; with a one-time password, replace it by the person's own at once."""
    page.goto(f"{url}/sign-in")
    page.fill("[name=sign_in]", who.sign_in)
    page.fill("[name=password]", one_time or who.password)
    page.click("form[action='/sign-in'] button")
    if one_time:
        page.wait_for_url("**/password*")
        page.fill("[name=old]", one_time)
        page.fill("[name=password]", who.password)
        page.fill("[name=again]", who.password)
        page.click("form[action='/password'] button")
    page.wait_for_url(re.compile(r"^(?!.*/(sign-in|password))"))
    expect(page.locator("form[action='/sign-out']").first).to_be_attached()


def add_staff(admin: Page, url: str, name: str, sign_in: str, role: str) -> str:
    """The administrator adds a person; the one-time password that the page shows once."""
    admin.goto(f"{url}/people")
    admin.fill("[name=name]", name)
    admin.fill("[name=sign_in]", sign_in)
    admin.select_option("[name=role]", role)
    admin.click("form[action='/people'] button.main")
    shown = admin.locator(".once-facts dd")
    expect(shown.first).to_have_text(sign_in)
    return (shown.nth(1).text_content() or "").strip()


def open_case(inspector: Page, url: str, approver: str, applicant: str = "Hu Ming") -> str:
    """The inspector takes in a case and names its approver; the case page's address."""
    inspector.goto(f"{url}/cases/new")
    inspector.locator("[name=item]").first.check()
    inspector.fill("[name=applicant]", applicant)
    inspector.fill("[name=address]", "88 Longhua Road, Xuhui District")
    inspector.fill("[name=latitude]", "31.2301")
    inspector.fill("[name=longitude]", "121.4730")
    inspector.select_option("[name=approver]", label=approver)
    inspector.click("form[action='/cases/new'] button.main")
    inspector.wait_for_url(re.compile(r"/cases/(?!new)[0-9a-z]+"))
    return inspector.url.split("#")[0]


def book_survey(inspector: Page, case_url: str, kind: str = "live") -> str:
    """Start a survey from the case page; the applicant's link."""
    inspector.goto(case_url)
    form = inspector.locator("form[action$='/surveys']").first
    if form.locator("[name=kind]").count() and form.locator("select[name=kind]").count():
        form.locator("select[name=kind]").select_option(kind)
    form.locator("button").first.click()
    link = inspector.locator("input[data-link]").first
    expect(link).to_be_attached()
    return link.input_value()


def come_in(applicant: Page, link: str, *, name: str | None = None, position: bool = True) -> None:
    """The applicant's way in, step by step, up to the waiting screen, which goes on as soon as it may."""
    applicant.goto(link)
    applicant.click("[data-step=what] [data-next]")
    if name:
        applicant.fill("[name=name]", name)
    applicant.click("[data-step=name] button.main")
    applicant.check("#agree")
    applicant.click("#consent-do")
    applicant.click("#camera-do")
    expect(applicant.locator("#preflight li").first).to_be_visible()
    applicant.click("#camera-do")
    applicant.click("#position-do" if position else "#position-refuse")
    expect(applicant.locator("[data-step=position]")).to_be_hidden()


def start_filming(applicant: Page) -> None:
    """The waiting screen goes on by itself once the inspector is there."""
    applicant.wait_for_url("**/film")


def invite(inspector: Page, case_url: str, name: str) -> None:
    """The inspector asks a colleague into the running survey."""
    page = inspector.context.new_page()
    page.goto(case_url)
    page.select_option("[name=person]", label=name)
    page.click("form[action$='/invite'] button")
    expect(page.locator(".case-story")).to_contain_text(name)
    page.close()


def end_survey(inspector: Page, note: str) -> None:
    """The inspector ends the running survey at the console, as approved in part."""
    inspector.click("#end-open")
    inspector.check("[name=outcome][value=partial]")
    inspector.fill("#end-note", note)
    inspector.click("#end-do")
    inspector.wait_for_url(re.compile(r"/(review|cases/)"))
