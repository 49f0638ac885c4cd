"""One small stack for all that need a real deployment; it is started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipelines.site import Site, a_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, a_site(tmp_path_factory.mktemp("site"), patch.setenv) as made:
        yield made
