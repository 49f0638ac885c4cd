"""The pages as people meet them: in chromium, wide and narrow, light and dark, with and without script, with a
keyboard.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.app import browser, nginx, servers

PAGES = (
    "/",
    "/en?range=all",
    "/provinces/seoul?range=365&sort=rate",
    "/seoul",
    "/en/seoul",
    "/news",
    "/nothing",
    "/?day=2019-01-01",
)


@pytest.fixture(scope="module")
def site(filled_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Both tiers: nginx before gunicorn."""
    directory = tmp_path_factory.mktemp("site")
    shutil.copy(filled_file, directory / "coko.sqlite3")
    with servers.gunicorn({"COKO_DATABASE_FILE": str(directory / "coko.sqlite3")}, directory) as port:
        host = nginx.WebHost(directory)
        host.release("r-1", f"127.0.0.1:{port}")
        with nginx.started(host) as address:
            yield address


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser.chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


def kept(driver: Chrome, name: str) -> bytes:
    """A screenshot; in SCREENSHOTS it is kept for a person to look at."""
    taken = browser.picture(driver)
    if "SCREENSHOTS" in os.environ:
        Path(os.environ["SCREENSHOTS"], f"{name}.png").write_bytes(taken)
    return taken


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_accessible_and_the_browser_has_nothing_to_complain(driver: Chrome, site: str, address: str) -> None:
    for size, dark in ((browser.DESKTOP, False), (browser.PHONE, True)):
        browser.look(driver, size, dark=dark)
        driver.get(site + address)
        assert browser.violations(driver) == []
        said = [line for line in browser.complaints(driver) if "404 (Not Found)" not in line or address not in line]
        assert said == []


@pytest.mark.parametrize("address", PAGES)
def test_nothing_runs_out_of_a_phone(driver: Chrome, site: str, address: str) -> None:
    browser.look(driver, browser.PHONE)
    driver.get(site + address)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= browser.PHONE[0]
    small = driver.execute_script(
        "return [...document.querySelectorAll('nav a, .language, .days button, .days input, .step')].filter("
        "e => { const b = e.getBoundingClientRect(); return b.width && (b.height < 24 || b.width < 24) }).length")
    assert small == 0
    assert len(kept(driver, f"phone{address.replace('/', '_').split('?')[0]}")) > 5_000


def test_the_chart_is_drawn_and_stretches_with_the_page(driver: Chrome, site: str) -> None:
    widths = []
    for size in (browser.DESKTOP, browser.PHONE):
        browser.look(driver, size)
        driver.get(site)
        bars = driver.find_element(By.CSS_SELECTOR, "path.bars").rect
        assert bars["height"] > 100
        widths.append(bars["width"])
    assert widths[0] > 900 > 360 > widths[1] > 250


def test_light_and_dark_and_wide_are_different_pictures(driver: Chrome, site: str) -> None:
    pictures = set()
    for name, dark in (("light", False), ("dark", True)):
        browser.look(driver, dark=dark)
        driver.get(site)
        pictures.add(kept(driver, f"desktop_{name}"))
    assert len(pictures) == 2


def test_a_chosen_date_is_shown_at_once(driver: Chrome, site: str) -> None:
    browser.look(driver)
    driver.get(f"{site}/?range=30")
    choose(driver, "2022-12-01")
    WebDriverWait(driver, 20).until(lambda d: "day=2022-12-01" in d.current_url)
    assert "range=30" in driver.current_url
    assert "2022년 12월 1일" in driver.find_element(By.CSS_SELECTOR, ".asof").text


def choose(driver: Chrome, day: str) -> None:
    driver.execute_script(
        "const f = document.getElementById('day'); f.value = arguments[0]; f.dispatchEvent(new Event('change'))", day)


def test_without_script_everything_is_there_with_a_button(driver: Chrome, site: str) -> None:
    browser.look(driver, script=False)
    driver.get(site)
    assert driver.find_element(By.CSS_SELECTOR, ".days button").is_displayed()
    assert driver.find_element(By.CSS_SELECTOR, "path.bars").rect["height"] > 100
    driver.find_element(By.CSS_SELECTOR, "a[rel=prev]").click()
    assert "day=2022-12-18" in driver.current_url
    driver.find_element(By.CSS_SELECTOR, ".days button").click()
    changing = WebDriverWait(driver, 20, ignored_exceptions=[StaleElementReferenceException])    # the page is leaving
    changing.until(lambda d: d.find_element(By.ID, "day").get_attribute("value") == "2022-12-18")
    browser.look(driver)


def test_the_keyboard_reaches_the_figures(driver: Chrome, site: str) -> None:
    browser.look(driver)
    driver.get(site)
    body = driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.get_attribute("class") == "skip"
    chart = driver.find_element(By.CSS_SELECTOR, "svg.chart")
    readout = driver.find_element(By.CSS_SELECTOR, ".readout")
    assert "2022-12-19" in readout.text
    chart.send_keys(Keys.ARROW_LEFT)
    assert "2022-12-18" in readout.text
    chart.send_keys(Keys.HOME)
    assert "2022-12-18" not in readout.text


def test_languages_lead_to_each_other(driver: Chrome, site: str) -> None:
    browser.look(driver)
    driver.get(f"{site}/seoul")
    driver.find_element(By.CSS_SELECTOR, ".language").click()
    assert driver.current_url.endswith("/en/seoul")
    assert driver.find_element(By.TAG_NAME, "h1").text == "Seoul by district"
    driver.find_element(By.CSS_SELECTOR, ".language").click()
    assert driver.find_element(By.TAG_NAME, "h1").text == "서울 자치구별 현황"
