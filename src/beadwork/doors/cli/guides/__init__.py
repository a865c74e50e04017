"""The texts that agents and people are given: `bd prime`, `bd onboard`, `bd quickstart`, ..."""

import os


def guide(name: str) -> str:
    """Return a text by its name: the Markdown file of that name beside this module."""
    return _read(f"{name}.md")


def completion(shell: str) -> str:
    """Return the script that lets a shell complete the words of `bd`."""
    return _read(f"completion.{shell}")


def _read(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def prime(*, is_short: bool = False, is_stealth: bool = False) -> str:
    """Return what an agent is told at the start of a session."""
    if is_short:
        return guide("prime_short")
    finish = guide("finish_stealth" if is_stealth else "finish")
    return guide("prime").replace("{finish}\n", finish)


def snippet(*, is_stealth: bool = False) -> str:
    """Return what AGENTS.md and files like it say about `bd`."""
    finish = guide("snippet_stealth" if is_stealth else "snippet_git")
    return guide("snippet").replace("{finish}\n", finish)
