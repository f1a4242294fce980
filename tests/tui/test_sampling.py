"""The sampling panel, in the app, with an engine that needs no model."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from engine import MEMORY_PARAMETERS, PARAMETERS, PRESETS, Memory, Sampling, language
from tests.tui.conftest import ScriptedEngine, settle
from tui.app import CounselApp
from tui.rows import ParameterRow, PresetRow, Row
from tui.sampling import SamplingPanel

ALL = {**PARAMETERS, **MEMORY_PARAMETERS}
SIZES = pytest.mark.parametrize("size", [(80, 24), (80, 18), (120, 40)])


def scripted(given: dict[str, float] | None = None) -> CounselApp:
    return CounselApp(ScriptedEngine, given)  # type: ignore[arg-type]


async def to_the_preset(pilot: Pilot[None]) -> SamplingPanel:
    await settle(pilot)
    await pilot.press("f3", *["up"] * 2)
    assert pilot.app.query_one(PresetRow).has_focus
    return pilot.app.query_one(SamplingPanel)


def shown(panel: SamplingPanel) -> Sampling:
    """Return the values that the rows show."""
    values = {row.parameter_name: row.value for row in panel.query(ParameterRow)}
    return Sampling(**{name: values[name] for name in PARAMETERS})  # type: ignore[arg-type]


@pytest.mark.parametrize("chosen", language.LANGUAGES)
@SIZES
async def test_every_row_can_be_reached_and_is_seen_with_its_explanation(
    size: tuple[int, int], chosen: language.Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_chosen", chosen)
    app = scripted()
    async with app.run_test(size=size) as pilot:
        panel = await to_the_preset(pilot)
        rows = list(panel.query(Row))
        assert len(rows) == 1 + len(ALL)
        for row in rows:
            await pilot.pause()
            assert row.has_focus
            viewport = panel.query_one("VerticalScroll").region
            assert viewport.contains_region(row.region)
            assert panel.content_region.contains_region(panel.query_one("#explanation").region)
            explanation = panel.query_one("#explanation", Static)
            said = str(explanation.content)
            wanted = explanation.visual.get_height({}, explanation.size.width)
            assert wanted <= explanation.size.height, said  # nothing of it is cut off
            assert row.explanation == said
            if isinstance(row, ParameterRow):
                assert ALL[row.parameter_name].explanation in said
            await pilot.press("down")
        assert rows[-1].has_focus  # the last one stops


async def test_a_preset_sets_all_rows_at_once_but_the_seed() -> None:
    app = scripted({"seed": 7})
    async with app.run_test() as pilot:
        panel = await to_the_preset(pilot)
        row = panel.query_one(PresetRow)
        assert row.preset == "default"
        for name in [*list(PRESETS)[1:], "default"]:
            await pilot.press("right")
            assert row.preset == name
            assert name in str(row.render())
            assert panel.sampling == shown(panel) == replace(PRESETS[name].sampling, seed=7)
            assert app.sampling == panel.sampling  # what the next token is drawn with
        await pilot.press("left")
        assert row.preset == list(PRESETS)[-1]


async def test_presets_leave_the_memory_alone() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        panel = await to_the_preset(pilot)
        await pilot.press(*["down"] * len(ALL), "left", *["up"] * len(ALL))
        assert panel.memory == Memory(avoid_repeats=0.85)
        assert panel.query_one(PresetRow).preset == "default"  # which says nothing of the memory
        await pilot.press("right", "delete")
        assert panel.memory == Memory(avoid_repeats=0.85)
        row = app.query_one("#parameter-avoid_repeats", ParameterRow)
        row.focus()
        await pilot.press("delete")
        assert panel.memory == Memory()


async def test_values_of_no_preset_have_a_dash() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        panel = await to_the_preset(pilot)
        row = panel.query_one(PresetRow)
        await pilot.press("down", "right")
        assert row.preset is None
        assert "—" in str(row.render())
        await pilot.press("left")
        assert row.preset == "default"
        for key, found in (("right", "default"), ("left", "original")):
            await pilot.press("down", "right", "up", "up", key)
            assert row.preset == found
            await pilot.press("delete")


async def test_delete_on_the_preset_brings_back_what_there_was_in_the_beginning() -> None:
    app = scripted({"top_k": 3, "seed": 7})
    async with app.run_test() as pilot:
        panel = await to_the_preset(pilot)
        beginning = panel.sampling
        assert (beginning.top_k, beginning.seed) == (3, 7)
        await pilot.press("right", "down", "right", "up")
        assert panel.sampling != beginning
        await pilot.press("delete")
        assert panel.sampling == shown(panel) == beginning


async def test_a_long_seed_is_shown_with_all_its_digits() -> None:
    app = scripted({"seed": 2**32 - 1})
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f3")
        row = app.query_one("#parameter-seed", ParameterRow)
        assert str(row.render()).endswith("4294967295")
        assert len(str(row.render())) == row.size.width


async def test_no_key_of_a_burst_is_lost() -> None:
    """As when a key is held while the app is busy: several come before the first one's message is handled."""
    app = scripted()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_the_preset(pilot)
        preset = app.query_one(PresetRow)
        first = list(PRESETS).index(preset.preset) if preset.preset else -1
        for _ in range(2):
            preset.action_change(1)
        assert preset.preset == list(PRESETS)[(first + 2) % len(PRESETS)]
        row = app.query_one("#parameter-top_k", ParameterRow)
        before = row.value
        for _ in range(10):
            row.action_change(1)
        await pilot.pause()
        assert row.value == before + 10 * PARAMETERS["top_k"].step
