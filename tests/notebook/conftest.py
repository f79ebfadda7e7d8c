from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers import shells


@pytest.fixture
def shell() -> Iterator[shells.Shell]:
    """IPython with `%%js`."""
    with shells.shell() as made:
        assert made.run("%load_ext langchain_quickjs") == ""
        yield made
