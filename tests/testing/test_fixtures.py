"""The plugin's fixtures, in sessions of their own: on every event loop, with markers, and with nothing left behind."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from imagine_async.errors import MissingExtraError
from imagine_async.testing.settings import read_settings
from tests.testing.conftest import Run


def test_clients_on_every_event_loop(run: Run) -> None:
    """The clients work with pytest-asyncio, with anyio on both event loops, within trio, and without a loop."""
    run(
        """
        import anyio
        import pytest
        import trio

        async def paint(client, sandbox):
            image = await client.text_to_image("a red fox")
            assert (image.width, image.height) == (64, 64)
            assert sandbox.books()["calls"] == 1
            assert sandbox.calls()[0]["prompt"] == "a red fox"

        @pytest.mark.asyncio
        async def test_pytest_asyncio(imagine_client, imagine_sandbox):
            await paint(imagine_client, imagine_sandbox)

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
        async def test_anyio(imagine_client, imagine_sandbox, anyio_backend):
            await paint(imagine_client, imagine_sandbox)

        def test_trio(imagine_client, imagine_sandbox):
            trio.run(paint, imagine_client, imagine_sandbox)

        def test_sync(imagine_sync_client, imagine_sandbox):
            imagine_sync_client.text_to_image("a red fox")
            assert imagine_sandbox.books()["tokens"] == 1
            assert repr(imagine_sandbox) == "<TestingSandbox http://sandbox.invalid>"
        """
    ).assert_outcomes(passed=5)


def test_videos_and_rate_limits_take_no_time(run: Run) -> None:
    """Videos are there at once, and of waits for a server's rate limit only the clock tells."""
    run(
        """
        import pytest

        def test_video(imagine_sync_client, imagine_clock):
            assert imagine_sync_client.generate_video("waves", style="kling-1.5").size > 0
            assert imagine_clock.waited < 10

        @pytest.mark.imagine(rate_limit="5/s", credits=None)
        def test_limit(imagine_sandbox, imagine_clock):
            client = imagine_sandbox.sync_client(rate_limit="5/60s")
            for number in range(11):
                client.text_to_image(f"fox {number}")
            assert 120 <= imagine_clock.waited < 140
            assert len([call for call in imagine_sandbox.calls() if call["status"] == 200]) == 11
        """
    ).assert_outcomes(passed=2)


def test_accounts_are_fresh(run: Run) -> None:
    """What one test spends is no concern of the next, and a client ends with its test."""
    run(
        """
        import pytest
        from imagine_async import ClientClosedError, InsufficientCreditsError

        kept = []

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.imagine(credits=1)
        def test_spends_all(number, imagine_sandbox, imagine_sync_client, imagine_client):
            kept.extend([imagine_sync_client, imagine_client])
            imagine_sync_client.text_to_image("a red fox")
            with pytest.raises(InsufficientCreditsError):
                imagine_sync_client.text_to_image("a red fox")

        @pytest.mark.asyncio
        async def test_clients_of_earlier_tests_are_closed():
            with pytest.raises(ClientClosedError):
                await kept[1].text_to_image("a red fox")

        def test_sync_clients_of_earlier_tests_are_closed():
            with pytest.raises(ClientClosedError):
                kept[0].text_to_image("a red fox")
        """
    ).assert_outcomes(passed=4)


def test_settings_of_the_developer_do_not_count(run: Run) -> None:
    """Clients of the fixtures take nothing from the environment."""
    run(
        """
        import pytest

        SETTINGS = {"API_KEY": "vk-real", "BASE_URL": "https://api.vyro.ai", "BUDGET": "0.5", "RATE_LIMIT": "1/900s"}
        SETTINGS |= {"STORE": "sqlite:/nowhere/at/all.db", "TIMEOUT": "0.000001"}

        @pytest.fixture
        def developer(monkeypatch):
            for name, value in SETTINGS.items():
                monkeypatch.setenv(f"IMAGINE_{name}", value)

        def test_sync(developer, imagine_sync_client, imagine_clock):
            for number in range(3):
                imagine_sync_client.text_to_image("a red fox")
            assert imagine_clock.waits == []

        @pytest.mark.asyncio
        async def test_async(developer, imagine_client):
            await imagine_client.text_to_image("a red fox")
        """
    ).assert_outcomes(passed=2)


def test_environment(run: Run) -> None:
    """Code that is configured by the environment, and any other HTTP client, finds the server and nothing else."""
    run(
        """
        import json
        import urllib.request
        import pytest
        from imagine_async import AsyncImagine, Imagine

        @pytest.fixture
        def own_settings(monkeypatch):
            monkeypatch.setenv("IMAGINE_BUDGET", "0.5")

        def test_sync(own_settings, imagine_environment, imagine_clock):
            with Imagine() as client:
                for number in range(51):
                    client.text_to_image("a red fox")
            assert imagine_environment.books()["calls"] == 51
            assert imagine_clock.waited > 30

        @pytest.mark.asyncio
        async def test_async(imagine_environment):
            async with AsyncImagine() as client:
                await client.text_to_image("a red fox")

        def test_urllib(imagine_server):
            with urllib.request.urlopen(imagine_server.base_url + "/_sandbox/books") as reply:
                assert json.load(reply)["accounts"][0]["calls"] == 0

        @pytest.mark.asyncio
        async def test_clients_of_the_server(imagine_server):
            await imagine_server.client().text_to_image("a red fox")
            assert imagine_server.books()["calls"] == 1
        """
    ).assert_outcomes(passed=4)


def test_faults(run: Run) -> None:
    """The next calls break as they are told to, in process and on a port, and waits for them only seem to pass."""
    run(
        """
        import pytest
        from imagine_async import DisconnectedError, Outcome, ServiceUnavailableError, NO_RETRY
        from imagine_async.testing.fault_plans import DropPoint, Fault

        @pytest.fixture(params=["imagine_sandbox", "imagine_server"])
        def sandbox(request):
            return request.getfixturevalue(request.param)

        def test_refusal(sandbox, imagine_faults, imagine_clock):
            imagine_faults.next(429, retry_after=30)
            assert sandbox.sync_client().text_to_image("a red fox").attempts == 2
            assert 30 <= imagine_clock.waits[0] <= 33
            assert imagine_faults.pending == 0

        def test_drop(sandbox, imagine_faults):
            client = sandbox.sync_client()
            imagine_faults.next("ok", "drop:in_body")
            imagine_faults.drop("before_headers", resets=True)
            client.text_to_image("a red fox")
            with pytest.raises(DisconnectedError) as caught:
                client.text_to_image("a red fox")
            assert caught.value.outcome is Outcome.COMPLETED
            with pytest.raises(DisconnectedError) as caught:
                client.text_to_image("a red fox")
            assert caught.value.outcome is Outcome.UNKNOWN
            assert sandbox.books()["calls"] == 2

        @pytest.mark.imagine(faults=["ok", "html:503"])
        def test_marker(sandbox):
            client = sandbox.sync_client(retry=NO_RETRY)
            client.text_to_image("a red fox")
            with pytest.raises(ServiceUnavailableError):
                client.text_to_image("a red fox")

        def test_latency(sandbox, imagine_faults, imagine_clock):
            imagine_faults.next("latency:50")
            sandbox.sync_client().text_to_image("a red fox")
            assert imagine_clock.waited == pytest.approx(50)

        def test_proxy(imagine_server, imagine_fault_proxy):
            proxy = imagine_fault_proxy(Fault(DropPoint.IN_BODY))
            with pytest.raises(DisconnectedError):
                imagine_server.sync_client(base_url=proxy.url).text_to_image("a red fox")
            assert imagine_server.books()["calls"] == 1

        def test_proxy_with_a_plan(imagine_server, imagine_fault_proxy):
            proxy = imagine_fault_proxy(lambda connection, request: Fault(), imagine_server.base_url)
            imagine_server.sync_client(base_url=proxy.url).text_to_image("a red fox")
        """
    ).assert_outcomes(passed=10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("next(418)", "418: of the statuses there are 429, 502, 503, 504"),
        ("next('fire')", "fault: one of latency"),
        ("next(429, 503, retry_after=1)", "retry_after: fields belong to one fault"),
        ("next(429, colour='red')", "colour: storm takes no such field"),
        ("drop('sideways')", "point: one of before_headers"),
    ],
)
def test_faults_that_do_not_exist(run: Run, call: str, message: str) -> None:
    """A fault that does not exist is refused where it is asked for."""
    result = run(f"def test(imagine_faults):\n    imagine_faults.{call}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*ValueError: {message}*"])


def test_settings_by_class_module_and_conftest(run: Run, pytester: pytest.Pytester) -> None:
    """The marker nearest to a test counts, then those further out, then the project's own fixture."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def imagine_settings():
            return {"credits": 7, "side": 32}
        """
    )
    run(
        """
        import pytest

        pytestmark = pytest.mark.imagine(reply_form="base64")

        def test_conftest(imagine_sandbox, imagine_sync_client):
            assert imagine_sandbox.books()["credits_left"] == 7
            assert imagine_sync_client.text_to_image("a red fox").width == 32

        @pytest.mark.imagine(credits=8, side=48)
        class TestClass:
            def test_class(self, imagine_sandbox, imagine_sync_client):
                assert imagine_sandbox.books()["credits_left"] == 8
                assert imagine_sync_client.text_to_image("a red fox").width == 48

            @pytest.mark.imagine(credits=9)
            def test_function(self, imagine_sandbox):
                assert imagine_sandbox.books()["credits_left"] == 9
        """,
        "--strict-markers",
    ).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("creditz=3", "*test_it: marker imagine: creditz=3: no such setting; there are *credits,*faults,*side*"),
        ("credits=-3", "*test_it: marker imagine: *credits*-3*"),
        ("rate_limit='often'", "*test_it: marker imagine: a rate limit reads like*often*"),
        ("faults=['fire']", "*test_it: marker imagine: *fire*"),
        ("3", "*test_it: imagine(3,): name the settings, as in credits=3*"),
    ],
)
def test_markers_that_cannot_be_followed(run: Run, arguments: str, message: str) -> None:
    """A marker that names what does not exist ends the session before any test, and names what there is."""
    result = run(f"import pytest\n\n@pytest.mark.imagine({arguments})\ndef test_it(): pass")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the sandbox is not installed, the error names the extra."""
    monkeypatch.setitem(sys.modules, "imagine_async.sandbox", None)
    with pytest.raises(MissingExtraError, match=r'pip install "imagine-async\[sandbox\]"'):
        read_settings({})


def test_markers_and_fixtures_are_listed(run: Run) -> None:
    """`--markers` and `--fixtures` tell of them, with a line of help each."""
    source = "def test(): pass"
    markers: Any = run(source, "--markers")
    markers.stdout.fnmatch_lines(
        ["@pytest.mark.imagine(*", "@pytest.mark.imagine_live*", "@pytest.mark.imagine_cassette(*"]
    )
    run(source, "--fixtures").stdout.fnmatch_lines(["imagine_client*", "*AsyncImagine*on*"])
