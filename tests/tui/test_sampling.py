"""The sampling panel, in the app, with an engine that needs no model."""

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Static

from engine import PARAMETERS, PRESETS, Memory, Sampling, language
from tests.tui.conftest import ScriptedEngine, settle
from tui.app import CounselApp
from tui.knobs import KNOBS
from tui.pace import PACE
from tui.preset_row import PresetRow
from tui.prompt import Prompt
from tui.rows import ParameterRow, Row
from tui.sampling import SamplingPanel
from tui.seed_row import SeedRow
from tui.settings import Settings


def scripted(given: dict[str, float] | None = None) -> CounselApp:
    return CounselApp(ScriptedEngine, given, chosen=Settings())  # type: ignore[arg-type]


async def to_the_preset(pilot: Pilot[None]) -> SamplingPanel:
    await settle(pilot)
    await pilot.press("f3", *["up"] * 2)
    assert pilot.app.query_one(PresetRow).has_focus
    return pilot.app.query_one(SamplingPanel)


def row(app: CounselApp, name: str) -> ParameterRow:
    return app.query_one(f"#parameter-{name}", ParameterRow)


def explanation(app: CounselApp) -> str:
    return str(app.query_one("#explanation", Static).content)


def shown(panel: SamplingPanel) -> Sampling:
    """Return the values that the rows show."""
    values = {row.parameter_name: row.value for row in panel.query(ParameterRow)}
    return Sampling(**{name: values[name] for name in PARAMETERS})  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "chosen"), [((80, 18), "ko"), ((120, 40), "en")])
async def test_every_row_can_be_reached_and_is_seen_with_its_explanation(
    size: tuple[int, int], chosen: language.Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_chosen", chosen)
    app = scripted()
    async with app.run_test(size=size) as pilot:
        panel = await to_the_preset(pilot)
        rows = list(panel.query(Row))
        assert len(rows) == 1 + len(KNOBS)
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
                assert KNOBS[row.parameter_name].explanation in said
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


async def test_presets_leave_memory_and_pace_alone() -> None:
    app = scripted()
    async with app.run_test() as pilot:
        panel = await to_the_preset(pilot)
        row(app, "avoid_repeats").focus()
        await pilot.press("left", "down", "left")
        wanted = Memory(avoid_repeats=0.85), PACE.default - 1
        assert (panel.memory, row(app, "pace").value) == wanted
        preset = panel.query_one(PresetRow)
        assert preset.preset == "default"  # which says nothing of them
        assert not preset.changed
        preset.focus()
        await pilot.press("right", "delete")
        assert (panel.memory, row(app, "pace").value) == wanted
        row(app, "avoid_repeats").focus()
        await pilot.press("delete", "down", "delete")
        assert (panel.memory, row(app, "pace").value) == (Memory(), PACE.default)


async def test_values_that_a_reset_would_change_are_marked_and_so_is_their_preset() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        panel = await to_the_preset(pilot)
        preset, temperature = panel.query_one(PresetRow), row(app, "temperature")
        await pilot.press(*["right"] * 2)
        assert preset.preset == "warm"
        assert not any("*" in str(shown.render()) for shown in panel.query(Row))
        await pilot.press("down", "right")
        assert "warm*" in str(preset.render())
        marked = [shown for shown in panel.query(ParameterRow) if "*" in str(shown.render())]
        assert marked == [temperature]
        await pilot.press("delete")
        assert temperature.value == PRESETS["warm"].sampling.temperature
        assert not any("*" in str(shown.render()) for shown in panel.query(Row))


async def test_what_was_given_on_the_command_line_is_the_beginning_and_no_change() -> None:
    app = scripted({"top_k": 3})
    async with app.run_test() as pilot:
        panel = await to_the_preset(pilot)
        preset = panel.query_one(PresetRow)
        assert preset.preset is None
        assert "처음 값 ›" in str(preset.render())
        assert not row(app, "top_k").is_changed
        for key, found in (("right", "default"), ("left", "original")):
            await pilot.press("delete", key)
            assert preset.preset == found


async def test_a_number_is_typed_into_its_row() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f3", "1", "full_stop", "2", "4")
        temperature, panel = row(app, "temperature"), app.query_one(SamplingPanel)
        assert "1.24" in str(temperature.render())
        assert "0~2" in explanation(app)
        assert panel.sampling.temperature == PARAMETERS["temperature"].default  # not yet
        await pilot.press("enter")
        assert panel.sampling.temperature == 1.24
        assert app.query_one(Prompt).text == ""


async def test_a_number_that_cannot_be_is_refused_with_the_range_and_can_be_mended() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f3")
        panel = app.query_one(SamplingPanel)
        for typed, why in (("7", "0~2"), ("1..2", "0~2"), ("-", "0~2"), ("0.5.", "0~2")):
            await pilot.press(*typed, "enter")
            assert why in explanation(app)
            assert typed in explanation(app)
            assert panel.sampling.temperature == PARAMETERS["temperature"].default
            await pilot.press(*["backspace"] * len(typed))
            assert row(app, "temperature").typed is None
        await pilot.press("down", "3", ".", "5", "enter")
        assert "정수" in explanation(app)
        await pilot.press("backspace", "backspace", "enter")
        assert panel.sampling.top_k == 3


async def test_escape_leaves_a_number_that_is_being_typed() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f3", "1", "escape")
        assert row(app, "temperature").typed is None
        assert row(app, "temperature").has_focus
        await pilot.press("escape")
        assert app.query_one(Prompt).has_focus
        assert app.query_one(SamplingPanel).sampling == Sampling()


async def test_letters_typed_after_a_number_still_reach_the_prompt() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f3", "1", "잠", "1")
        assert app.query_one(Prompt).text == "잠1"
        assert row(app, "temperature").typed is None


async def test_a_bar_follows_the_mouse_until_it_is_let_go() -> None:
    app = scripted()
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        await pilot.press("f3")
        top_p, panel = row(app, "top_p"), app.query_one(SamplingPanel)
        first = top_p.name_width
        await pilot.mouse_down(top_p, offset=(first, 0))
        assert panel.sampling.top_p < 0.2
        await pilot.hover(top_p, offset=(first + 3, 0))
        assert 0.2 < panel.sampling.top_p < 0.9
        beyond = top_p.size.width - 1, 1  # the end of the bar, and on another row
        await pilot.hover(top_p, offset=beyond)
        assert panel.sampling == replace(Sampling(), top_p=1.0)
        await pilot.mouse_up(top_p, offset=beyond)
        await pilot.hover(top_p, offset=(first, 0))
        assert panel.sampling == replace(Sampling(), top_p=1.0)
        top_p.focus()
        await pilot.press("ctrl+z")
        assert panel.sampling == Sampling()  # one movement, one undo


async def test_changes_are_taken_back_and_made_again() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        panel = await to_the_preset(pilot)
        await pilot.press("down", "right", "down", "left", "up", "up", "left")
        steps = [
            Sampling(),
            Sampling(temperature=0.8),
            Sampling(temperature=0.8, top_k=35),
            PRESETS["original"].sampling,
        ]
        for wanted in reversed(steps[:-1]):
            await pilot.press("ctrl+z")
            assert panel.sampling == shown(panel) == app.sampling == wanted
        await pilot.press("ctrl+z")  # there is nothing before
        assert panel.query_one(PresetRow).preset == "default"
        for wanted in steps[1:]:
            await pilot.press("ctrl+u")
            assert panel.sampling == shown(panel) == app.sampling == wanted
        assert panel.query_one(PresetRow).preset == "original"
        await pilot.press("ctrl+z", "delete", "ctrl+u")  # a new change ends what could be made again
        assert panel.sampling == Sampling()


async def test_a_seed_is_fixed_at_the_last_reply_s_and_let_go() -> None:
    app = scripted()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        seed, panel = app.query_one(SeedRow), app.query_one(SamplingPanel)
        await pilot.press("f3")
        seed.focus()
        await pilot.pause()
        assert "새로" in str(seed.render())
        await pilot.press("enter")
        assert panel.sampling.seed >= 0  # no reply yet: any one
        await pilot.press("enter")
        assert panel.sampling.seed == -1
        panel.note_seed(1234)
        await pilot.pause()
        assert "1234" in explanation(app)
        for key in ("enter", "right"):
            await pilot.press(key)
            assert panel.sampling.seed == 1234
            assert "고정 1234" in str(seed.render())
            await pilot.press("delete")
            assert panel.sampling.seed == -1
        await pilot.press("4", "2", "enter")
        assert panel.sampling.seed == 42
        await pilot.press("left")
        assert panel.sampling.seed == 41
        await pilot.click(seed)
        assert panel.sampling.seed == -1


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
        seed = app.query_one(SeedRow)
        assert "4294967295" in str(seed.render())
        assert cell_len(str(seed.render())) == seed.size.width


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
        top_k = row(app, "top_k")
        before = top_k.value
        for _ in range(10):
            top_k.action_change(1)
        await pilot.pause()
        assert top_k.value == before + 10 * PARAMETERS["top_k"].step


@pytest.mark.parametrize("looks", [False, True])
async def test_a_number_that_is_refused_is_told_where_it_is_seen(looks: bool) -> None:
    app = scripted()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        if looks:
            await app.run_action("next_token")
        await pilot.press("f3", *["down"] * 7, "9", "9", "9", "9", "enter")
        await pilot.pause()
        explanation = app.query_one("#explanation", Static)
        focused = app.focused
        assert isinstance(focused, ParameterRow)
        assert focused.explanation in str(explanation.render())
        assert focused.is_refused
        for widget in (explanation, focused):
            assert widget.region.area > 0
            assert app.query_one(SamplingPanel).content_region.contains_region(widget.region)
        rows = app.query_one("#sampling > VerticalScroll").region
        assert rows.contains_region(focused.region)
        needed = cell_len(focused.explanation) / explanation.content_size.width
        assert explanation.content_size.height >= needed
