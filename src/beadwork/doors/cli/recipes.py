"""How each agent is told about `bd`: which files, and what is put into them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from beadwork.doors.cli import agent_hooks, blocks, guides
from beadwork.doors.cli.blocks import Form, State
from beadwork.model.errors import Conflict

_CURSOR_HEAD = """\
---
description: Issue tracking with bd
alwaysApply: true
---

"""
_WINDSURF_HEAD = """\
---
trigger: always_on
---

"""
_AIDER_TEXT = ".aider/BEADS.md"
_AIDER_READ = f"read:\n  - {_AIDER_TEXT}\n"
_READ_KEY = re.compile(r"^[\"']?read[\"']?[ \t]*:", re.MULTILINE)


class Wanted(NamedTuple):
    """In which form a recipe is installed."""

    is_stealth: bool = False
    has_messages: bool = False


def _forms(*, has_messages: bool) -> list[Wanted]:
    with_messages = (True,) if has_messages else (False, True)
    return [Wanted(is_stealth, each) for is_stealth in (False, True) for each in with_messages]


class Part(NamedTuple):
    """One file of a recipe: where it is in a project and in the home folder.

    `project` may name several files: the first is written, unless another has it already.
    """

    project: tuple[str, ...]
    home: str = ""
    form: Form = Form()
    events: tuple[str, ...] = ()
    """The events of an agent's settings that run `bd prime`; without any, it is a text."""
    has_json_answers: bool = False
    message_events: tuple[str, ...] = ()
    """The events that can show what messages are new."""

    def _commands(self, wanted: Wanted) -> Mapping[str, str]:
        stealth = ["--stealth"] * wanted.is_stealth
        words = ["bd prime", *stealth, *["--hook-json"] * self.has_json_answers]
        shown = self.message_events if wanted.has_messages else ()
        return {
            **dict.fromkeys(self.events, " ".join(words)),
            **{event: f"bd msg hook --event {event}" for event in shown},
        }

    def _body(self, wanted: Wanted) -> str:
        is_stealth = wanted.is_stealth
        return _AIDER_READ if self.form.is_yaml else guides.snippet(is_stealth=is_stealth)

    def put(self, content: str | None, wanted: Wanted) -> str:
        """Return what the file holds when the recipe is installed.

        Raises:
            FileTrouble: the file is damaged.
            Conflict: the file says something else in the place of ours.
        """
        if self.events:
            return agent_hooks.put(content, self._commands(wanted))
        if self.form.is_yaml:
            rest = blocks.take(content or "", self.form) or ""
            if _AIDER_TEXT in rest and content is not None:
                return content
            if _READ_KEY.search(rest):
                raise Conflict(
                    "The file has a `read:` of its own",
                    hint=f"Add {_AIDER_TEXT} to it, and run the command again.",
                )
        return blocks.put(content, self._body(wanted), self.form)

    def take(self, content: str) -> str | None:
        """Return what the file holds without the recipe; None if it is not needed any more.

        Raises:
            FileTrouble: the file is damaged.
        """
        return agent_hooks.take(content) if self.events else blocks.take(content, self.form)

    def state(self, content: str | None, *, has_messages: bool = False) -> State:
        """Tell whether the file has the recipe, in either of its forms.

        With `has_messages` only one that shows messages counts.

        Raises:
            FileTrouble: the file is damaged.
        """
        if self.form.is_yaml and _AIDER_TEXT in (content or ""):
            return "current"
        found: set[State] = set()
        for wanted in _forms(has_messages=has_messages):
            if self.events:
                found.add(agent_hooks.state(content, self._commands(wanted)))
            else:
                found.add(blocks.state(content, self._body(wanted), self.form))
        return "current" if "current" in found else found.pop()


class Recipe(NamedTuple):
    """What is installed for one agent."""

    title: str
    parts: tuple[Part, ...]
    is_global: bool = False
    """Whether it goes to the home folder unless --project is given."""


_AGENTS_FILE = ("AGENTS.md",)
RECIPES = {
    "agents": Recipe("Any agent that reads AGENTS.md", (Part(_AGENTS_FILE),)),
    "aider": Recipe(
        "Aider", (Part((".aider.conf.yml",), form=Form(is_yaml=True)), Part((_AIDER_TEXT,)))
    ),
    "claude": Recipe(
        "Claude Code",
        (
            Part(
                (".claude/settings.json", ".claude/settings.local.json"),
                ".claude/settings.json",
                events=("SessionStart", "PreCompact"),
                message_events=("Stop", "UserPromptSubmit"),
            ),
        ),
        is_global=True,
    ),
    "codex": Recipe("Codex", (Part(_AGENTS_FILE, ".codex/AGENTS.md"),)),
    "copilot": Recipe("GitHub Copilot", (Part((".github/copilot-instructions.md",)),)),
    "cursor": Recipe("Cursor", (Part((".cursor/rules/beads.mdc",), form=Form(head=_CURSOR_HEAD)),)),
    "factory": Recipe("Factory Droid", (Part(_AGENTS_FILE, ".factory/AGENTS.md"),)),
    "gemini": Recipe(
        "Gemini CLI",
        (
            Part(
                (".gemini/settings.json",),
                ".gemini/settings.json",
                events=("SessionStart",),
                has_json_answers=True,
            ),
            # Its hooks can't say anything when the context is compressed; this file stays in it.
            Part(("GEMINI.md",), ".gemini/GEMINI.md"),
        ),
        is_global=True,
    ),
    "junie": Recipe("Junie", (Part((".junie/guidelines.md",)),)),
    "windsurf": Recipe(
        "Windsurf", (Part((".windsurf/rules/beads.md",), form=Form(head=_WINDSURF_HEAD)),)
    ),
}


def shows_messages(recipe: Recipe) -> bool:
    """Tell whether an agent has hooks that can show what messages are new."""
    return any(part.message_events for part in recipe.parts)


def own(path: str) -> Recipe:
    """Return a recipe that puts the text into one file."""
    return Recipe(path, (Part((path,)),))
