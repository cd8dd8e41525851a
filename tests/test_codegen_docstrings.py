"""The docstrings of what the generator writes."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from imagine_async.codegen.docstrings import to_sync_code
from imagine_async.codegen.generator import render
from tests.codegen_sources import FAMILY, client_text, methods_of, source_of


def test_examples_are_rewritten_and_prose_is_not() -> None:
    """Only the indented lines of an example change."""
    method = '''
    async def draw(self) -> None:
        """Draw; await AsyncImagine as you please.

        Args:
            none: You may await this.

        Example:
            async with AsyncImagine() as client:

                picture = await client.draw()
                async for event in client.events():
                    print(await event)
                await picture.asave("fox.png")
                await client.aclose()

        As in this one::

            await client.draw()

        And await the end.
        """
    '''
    expected = '''
    def draw(self) -> None:
        """Draw; await AsyncImagine as you please.

        Args:
            none: You may await this.

        Example:
            with Imagine() as client:

                picture = client.draw()
                for event in client.events():
                    print(event)
                picture.save("fox.png")
                client.close()

        As in this one::

            client.draw()

        And await the end.
        """
        return run(lambda: self._client.get().draw())
    '''
    assert methods_of(method) == dedent(expected).lstrip()


def class_docstring_of(text: str) -> str | None:
    """Read the docstring of the class that a module ends with."""
    last = ast.parse(text).body[-1]
    assert isinstance(last, ast.ClassDef)
    return ast.get_docstring(last)


def test_class_docstring_has_an_introduction_of_its_own() -> None:
    """What the arguments mean is copied; what the class is, is not."""
    doc = '\n    """An async client.\n\n    For asyncio.\n\n    Args:\n        key: The key.\n    """\n'
    text = client_text(source_of("").replace("class AsyncImagine:\n", f"class AsyncImagine:{doc}"))
    shown = class_docstring_of(text)
    assert shown is not None
    assert shown.startswith("A client of the Imagine API, for code that does not await")
    assert shown.endswith("waits for.\n\nArgs:\n    key: The key.")
    assert "asyncio" not in shown


def test_class_without_docstring() -> None:
    """The introduction stands alone."""
    shown = class_docstring_of(client_text(source_of("")))
    assert shown is not None
    assert shown.endswith("waits for.")


def test_example_names_every_class() -> None:
    """The classes of other files are renamed in examples, too."""
    example = "\n\n        Example:\n            old: AsyncOld = AsyncImagine().old\n        "
    source = FAMILY["calls/drawing.py"].replace("Draw.", f"Draw.{example}")
    assert (
        "            old: Old = Imagine().old\n"
        in render({**FAMILY, "calls/drawing.py": source})["sync_calls/drawing.py"]
    )


@pytest.mark.parametrize(
    ("section", "kept"),
    [
        ("", "The old calls."),
        ("\n\n    Example:\n        client.old\n    ", "The old calls.\n\nExample:\n    client.old"),
        ("\n\n    Here.\n\n    Args:\n        client: It.\n\n            Yes.\n    ", "The old calls.\n\nHere."),
        (
            "\n\n    Args:\n        client: It\n            sends.\n\n    Example:\n        client.old\n    ",
            "The old calls.\n\nExample:\n    client.old",
        ),
        ("\n\n    Args:\n        client: It.\n    ", "The old calls."),
    ],
)
def test_class_docstring_of_a_sub_client_has_no_arguments(section: str, kept: str) -> None:
    """Users do not make it, so nothing is said of what it is made with; the rest stays."""
    doc = f'"""The old calls.{section}"""'
    source = f"class AsyncOld:\n    {doc}\n\n    def __init__(self, client: int) -> None: ...\n"
    text = render({**FAMILY, "calls/old.py": source})["sync_calls/old.py"]
    assert class_docstring_of(text) == kept
    assert text.count("\n\n\n") == 1


def test_words_that_only_look_async() -> None:
    """Names that contain a keyword, or the name of a class, stay."""
    names = {"AsyncImagine": "Imagine"}
    assert to_sync_code("    awaited = await_all(await x)", names) == "    awaited = await_all(x)"
    assert to_sync_code("    x: MyAsyncImagine = AsyncImagine()", names) == "    x: MyAsyncImagine = Imagine()"
