"""`mailgrant user …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant import Bearer
from mailgrant.types import AddressKind, Proof

from . import known
from .asking import agree, before_secret, new_password, secret
from .dates import moment
from .desk import asking, changing
from .history import Kinds, Limit, Oldest, Since, Until, chosen, show_history
from .options import DryRun, Login, PasswordStdin, ShowSecret, TokenStdin, Yes, flag, noun
from .parting import parted_everywhere
from .plain import said
from .settings import settings
from .showing import Facts, Next, Secret, Table, bad, done, good, show
from .words import shell

app = noun("People: each with one login and one password of their own.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What they are called.")]


@app.command()
def add(
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="The address they sign in with.")],
    name: Name,
    verified: Annotated[
        bool, flag("--verified", help="You have seen that the address is theirs: no token needs to prove it.")
    ] = False,
    password: Annotated[bool, flag("--password", help="Ask for a password now.")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Register a person. Without a password they have none until a reset makes one."""
    with changing() as desk:
        chosen = new_password(from_stdin=password_stdin) if password or password_stdin else None
        proof = Proof.VERIFIED if verified else Proof.UNVERIFIED
        answer = desk.directory.register_user(login, name, proof, by=desk.by, password=chosen)
    notes = ["Their login is an address hosted here: who loses the mailbox loses the way back in."]
    done(
        f"{name} <{login}> is registered: {answer.user}",
        *notes[: len(answer.warnings)],
        *([] if verified else [Next([shell("user", "confirmation", login)], "To prove that the address is theirs:")]),
        user=answer.user,
        warnings=answer.warnings,
    )


@app.command("list")
def list_() -> None:
    """Everyone with an account, in all organisations. Goes through all of the history."""
    with asking() as desk:
        found = list(known.users(desk.directory))
    rows = [(one.name, one.login.address, one.login.proof, one.password, one.state, str(one.id)) for one in found]
    show(found, Table(("name", "login", "address", "password", "state", "id"), rows, "Nobody is registered yet."))


@app.command("show")
def show_(login: Login) -> None:
    """Show a person's account."""
    with asking() as desk:
        user = desk.directory.user(desk.user(login), by=desk.by)
    recovery = f"{user.recovery.address}, {user.recovery.proof}" if user.recovery else None
    show(
        user,
        Facts(
            [
                ("name", user.name),
                ("login", f"{user.login.address}, {user.login.proof}"),
                ("recovery", recovery),
                ("password", user.password),
                ("state", good(user.state) if user.state == "active" else bad(user.state)),
                ("registered", moment(user.registered_at)),
                ("id", str(user.id)),
            ]
        ),
    )


@app.command()
def rename(login: Login, name: Name) -> None:
    """Change what a person is called."""
    with changing() as desk:
        user = desk.user(login)
        desk.directory.rename_user(user, name, by=desk.by)
    done(f"{login} is called {name} now.", user=user)


@app.command("change-login")
def change_login(
    login: Login, new: Annotated[str, typer.Argument(metavar="NEW", help="The address they will sign in with.")]
) -> None:
    """Ask for another login. It counts once a token that was mailed there came back."""
    with changing() as desk:
        user = desk.user(login)
        answer = desk.directory.change_login(user, new, by=desk.by)
    confirm = Next([shell("user", "confirmation", login)], "It counts once it is confirmed. For a token to mail there:")
    done(f"{login} asked for {new} as login.", confirm, user=user, warnings=answer.warnings)


@app.command("set-recovery")
def set_recovery(
    login: Login,
    address: Annotated[
        str | None,
        typer.Argument(metavar="[ADDRESS]", help="Where a reset may go besides the login.", show_default=False),
    ] = None,
    none: Annotated[bool, flag("--none", help="Remove the recovery address.")] = False,
) -> None:
    """Set a person's recovery address, or remove it. It counts once a token that was mailed there came back."""
    if (address is None) != none:
        raise typer.BadParameter("name an address, or say --none")
    with changing() as desk:
        user = desk.user(login)
        if address is None:
            desk.directory.remove_recovery_address(user, by=desk.by)
        else:
            desk.directory.set_recovery_address(user, address, by=desk.by)
    if address is None:
        done(f"{login} has no recovery address any more.", user=user)
        return
    confirm = Next(
        [shell("user", "confirmation", login, "--of", "recovery")],
        "It counts once it is confirmed. For a token to mail there:",
    )
    done(f"{login} asked for {address} as recovery address.", confirm, user=user)


@app.command()
def confirmation(
    login: Login,
    of: Annotated[AddressKind, typer.Option("--of", help="Which of their addresses.")] = AddressKind.LOGIN,
    show_secret: ShowSecret = False,
) -> None:
    """Make a token for you to mail to an address of a person, which proves that it is theirs."""
    before_secret(shown=show_secret)
    with changing() as desk:
        user = desk.user(login)
        answer = desk.directory.issue_confirmation(user, of, by=desk.by)
    token = answer.token.reveal()
    show(
        {"user": user, "token": token, "send_to": answer.send_to},
        Secret(f"A token to mail to {answer.send_to}, good for 24 hours", token),
        Next([shell("user", "confirm")], "When it comes back:"),
    )


@app.command()
def confirm(token_stdin: TokenStdin = False) -> None:
    """Confirm an address with the token that was mailed there. The token is asked for, and never an argument."""
    with changing() as desk:
        token = secret("token", from_stdin=token_stdin)
        answer = desk.directory.confirm_address(token, by=Bearer())
    done(f"{answer.address} is confirmed as {answer.kind} address.", **said(answer))


@app.command("set-password")
def set_password(login: Login, password_stdin: PasswordStdin = False) -> None:
    """Change a person's password; their other sessions end. With --as they give their present one first."""
    with changing() as desk:
        user = desk.user(login)
        current = None
        if desk.by == user and desk.directory.user(user, by=desk.by).password == "set":
            current = secret("present password", from_stdin=password_stdin)
        new = new_password(from_stdin=password_stdin)
        desk.directory.change_password(user, new, by=desk.by, current=current)
    done(f"{login} has a new password, and their other sessions are over.", user=user)


@app.command("reset-password")
def reset_password(
    login: Login,
    to: Annotated[
        AddressKind, typer.Option("--to", help="To which of their addresses it is mailed.")
    ] = AddressKind.LOGIN,
    show_secret: ShowSecret = False,
) -> None:
    """Make a token for you to mail, with which a person makes a new password within an hour.

    With --as, owners and admins ask for one, and see no token: the host then starts it.
    """
    if settings().person is None:
        before_secret(shown=show_secret)
    with changing() as desk:
        user = desk.user(login)
        answer = desk.directory.start_reset(user, to, by=desk.by)
    if answer.token is None:
        done(f"A reset for {login} is asked for. The host starts it, and mails the token.", user=user, token=None)
        return
    token = answer.token.reveal()
    show(
        {"user": user, "token": token, "send_to": answer.send_to},
        Secret(f"A token to mail to {answer.send_to}, good for an hour", token),
        Next([shell("user", "finish-reset")], "When it comes back:"),
    )


@app.command("finish-reset")
def finish_reset(token_stdin: TokenStdin = False) -> None:
    """Make a new password with the token of a reset. Both are asked for, and never arguments."""
    with changing() as desk:
        token = secret("token", from_stdin=token_stdin)
        user = desk.directory.finish_reset(token, new_password(from_stdin=token_stdin), by=Bearer())
        name = desk.call(user)
    done(f"{name} has a new password.", user=user)


@app.command()
def suspend(login: Login) -> None:
    """Suspend a person: no login, no access, no device, until they are resumed."""
    with changing() as desk:
        user = desk.user(login)
        desk.directory.suspend_user(user, by=desk.by)
    done(f"{login} is suspended: nothing of theirs opens anything.", user=user)


@app.command()
def resume(login: Login) -> None:
    """Let a suspended person act again."""
    with changing() as desk:
        user = desk.user(login)
        desk.directory.resume_user(user, by=desk.by)
    done(f"{login} may act again, and their devices work again.", user=user)


@app.command()
def delete(login: Login, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Delete a person's account: all their access ends at once, in all organisations. Shows the plan and asks."""
    with changing() as desk:
        user = desk.user(login)
        whom = desk.call(user)
        plan = desk.directory.preview.delete_user(user, by=desk.by).output
        goes = parted_everywhere(desk, plan.organisations)
        if dry_run:
            show({"done": False, "user": user, **said(plan)}, *goes)
            return
        agree(f"Delete the account of {whom} for good?", yes=yes, plan=goes)
        answer = desk.directory.delete_user(user, by=desk.by)
        gone = parted_everywhere(desk, answer.organisations)
    show(
        {"done": True, "user": user, **said(answer)},
        f"The account of {whom} is deleted. Its id stays in the history: {user}",
        *gone,
        Next([shell("user", "erase", str(user))], "Where they ask to be forgotten too:"),
    )


@app.command()
def erase(login: Login, yes: Yes = False) -> None:
    """Erase what is known of a person whose account is deleted. It cannot be undone.

    LOGIN is their usr_… id: the login is free again. Their name, addresses and last uses are gone, also from the
    history, which keeps the id. Backups and exports keep what they hold.
    """
    with changing() as desk:
        user = desk.user(login)
        agree(f"Erase all that is known of {user}, also in the history?", yes=yes)
        answer = desk.directory.erase_user(user, by=desk.by)
    done(f"{user} is erased; {answer.entries} entries of the history were rewritten.", user=user, **said(answer))


@app.command()
def history(
    login: Login,
    kinds: Kinds = None,
    since: Since = None,
    until: Until = None,
    oldest: Oldest = False,
    limit: Limit = 50,
) -> None:
    """Show what happened to a person's account."""
    with asking() as desk:
        of = chosen(desk, kinds=kinds, since=since, until=until, oldest=oldest, limit=limit)
        show_history(desk, desk.directory.user_history(desk.user(login), by=desk.by, **of), limit)
