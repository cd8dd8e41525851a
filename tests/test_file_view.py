"""A file looked at like bytes in memory."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async import file_view
from imagine_async.file_view import FileView
from imagine_async.sniff import begins_like_a_picture, is_complete, sniff_bytes
from tests.pictures import VARIETIES, variety

few = st.binary(max_size=40).map(lambda content: bytes(byte % 3 for byte in content))


@given(few, st.integers(0, 45), st.integers(0, 45))
def test_it_is_what_the_bytes_are(content: bytes, start: int, end: int) -> None:
    """Length, single bytes and ranges are those of the bytes."""
    view = FileView(BytesIO(content))
    assert len(view) == len(content)
    assert view[start:end] == content[start:end]
    assert [view[at] for at in range(len(content))] == list(content)
    with pytest.raises(IndexError):
        view[len(content)]


@given(few, few.filter(bool))
def test_the_last_place_is_found(content: bytes, mark: bytes) -> None:
    """The last place of a mark is found, also where it lies across the blocks in which the file is read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_view, "_BLOCK_BYTES", 4)
        assert FileView(BytesIO(content)).rfind(mark[:3]) == content.rfind(mark[:3])


@pytest.mark.parametrize("name", VARIETIES)
def test_pictures_on_disk_are_judged_as_in_memory(name: str) -> None:
    """Wherever a picture is cut, what is said of it is the same on disk as in memory."""
    whole = variety(name)
    for length in [*range(0, len(whole), 1 + len(whole) // 200), len(whole) - 1, len(whole)]:
        content = whole[:length]
        view = FileView(BytesIO(content))
        picture = sniff_bytes(content)
        assert sniff_bytes(view) == picture
        assert begins_like_a_picture(view[:32]) == begins_like_a_picture(content)
        if picture is not None:
            assert is_complete(view, picture) is is_complete(content, picture) is (content == whole)
