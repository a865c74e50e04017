"""`bd completion`, and what its scripts ask while somebody types."""

import itertools

import click

from beadwork.doors.cli import guides
from beadwork.doors.cli.options import BeadCommand, pass_session
from beadwork.doors.cli.session import Session
from beadwork.model.errors import BeadworkError


@click.command(cls=BeadCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_session
def completion(session: Session, shell: str) -> None:
    r"""Print the script that completes commands, flags and ids in a shell.

    \b
    bash: eval "$(bd completion bash)"       in ~/.bashrc
    zsh:  source <(bd completion zsh)        in ~/.zshrc
    fish: bd completion fish > ~/.config/fish/completions/bd.fish
    """
    session.write(guides.completion(shell))


@click.command(
    "__complete",
    hidden=True,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def complete(context: click.Context, words: tuple[str, ...]) -> None:
    """Print what the last word may become, a line each; whatever goes wrong, nothing."""
    from beadwork.doors.cli.candidates import candidates

    session = context.ensure_object(Session)
    try:
        _enter(session, words)
        found = candidates(session, context.find_root().command, words)
    except (BeadworkError, click.ClickException, OSError, LookupError, ValueError):
        return
    session.write(
        "".join(f"{word}\t{meaning}\n" if meaning else f"{word}\n" for word, meaning in found)
    )


def _enter(session: Session, words: tuple[str, ...]) -> None:
    """Look where the command that is being typed would look."""
    for name, value in itertools.pairwise(words):
        if name == "--db":
            session.flags.options = session.flags.options._replace(database=value)
        elif name == "-C":
            session.world.enter(value)
