"""`mailgrant domain …`"""

from __future__ import annotations

from typing import Annotated

import typer

from mailgrant.types import Domain, DomainVerified, OfferedAccess

from .dates import moment
from .desk import asking, changing
from .options import DomainName, GoOn, dependants, flag, noun
from .parting import rotations
from .plain import said
from .showing import Cell, Facts, Next, Table, done, good, odd, show
from .words import shell

app = noun("Domains: once verified they hold addresses.")

Owning = Annotated[
    str,
    typer.Argument(metavar="ORG", help="The organisation: its name, a verified domain of it, or its org_… id."),
]
NoneOf = Annotated[bool, flag("--none", help="None from now on.")]
AccessChoice = Annotated[
    OfferedAccess,
    typer.Option(
        "--access", help="Whether access to its mailboxes goes on or ends. There is no default.", show_default=False
    ),
]
From = Annotated[str, typer.Argument(metavar="FROM", help="Whose it is: the other organisation.")]


@app.command()
def add(org: Owning, domain: DomainName) -> None:
    """Add a domain. It waits for its proof, and holds no addresses until it is verified."""
    with changing() as desk:
        organisation = desk.organisation(org)
        answer = desk.directory.add_domain(organisation, domain, by=desk.by)
    proof = f'_mailgrant.{domain}.  TXT  "{answer.challenge}"'
    done(
        f"{domain} is added. Whoever owns it puts this into the DNS until {moment(answer.lapses)} UTC:",
        f"    {proof}",
        Next([shell("domain", "verify", org, domain)], "When you have seen it there:"),
        organisation=organisation,
        domain=domain,
        **said(answer),
    )


@app.command()
def verify(org: Owning, domain: DomainName) -> None:
    """Say that you have seen the proof: from now on the domain is the organisation's alone. The host alone may."""
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.verify_domain(organisation, domain, by=desk.by)
        where = desk.call(organisation)
    done(f"{domain} is verified: it is {where}'s alone, and holds addresses.", organisation=organisation, domain=domain)


@app.command("list")
def list_(org: Owning) -> None:
    """The domains of an organisation."""
    with asking() as desk:
        found = list(desk.directory.domains(desk.organisation(org), by=desk.by, limit=1_000))
        rows = [
            (
                one.name,
                _proof(one),
                one.alias_of,
                None if one.catch_all is None else desk.call(one.catch_all),
                None if one.offer is None else f"to {desk.call(one.offer.to)} until {moment(one.offer.until)}",
            )
            for one in found
        ]
    show(found, Table(("domain", "proof", "another name of", "catch-all", "offered"), rows, "It has no domain yet."))


@app.command()
def remove(org: Owning, domain: DomainName, go_on: GoOn = False) -> None:
    """Remove a domain that holds no addresses."""
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.remove_domain(organisation, domain, by=desk.by, on_dependants=dependants(go_on))
    done(f"{domain} is removed.", organisation=organisation, domain=domain)


@app.command("catch-all")
def catch_all(
    org: Owning,
    domain: DomainName,
    mailbox: Annotated[
        str | None,
        typer.Argument(metavar="[ADDRESS]", help="The mailbox that gets what nobody else does.", show_default=False),
    ] = None,
    none: NoneOf = False,
    go_on: GoOn = False,
) -> None:
    """Set the mailbox that gets what nobody else in a domain does, or none."""
    if (mailbox is None) != none:
        raise typer.BadParameter("name a mailbox, or say --none")
    with changing() as desk:
        organisation = desk.organisation(org)
        target = None if mailbox is None else desk.mailbox(mailbox)
        desk.directory.set_catch_all(organisation, domain, target, by=desk.by, on_dependants=dependants(go_on))
    sentence = f"What nobody has at {domain} goes to {mailbox}." if mailbox else f"{domain} has no catch-all any more."
    done(sentence, organisation=organisation, domain=domain, mailbox=target)


@app.command("alias")
def alias(
    org: Owning,
    domain: DomainName,
    of: Annotated[
        str | None, typer.Argument(metavar="[OF]", help="The domain it is another name of.", show_default=False)
    ] = None,
    none: NoneOf = False,
    go_on: GoOn = False,
) -> None:
    """Make a domain another name of a domain of the same organisation, or of none."""
    if (of is None) != none:
        raise typer.BadParameter("name a domain, or say --none")
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.set_domain_alias(organisation, domain, of, by=desk.by, on_dependants=dependants(go_on))
    sentence = f"{domain} is another name of {of}." if of else f"{domain} is a domain of its own."
    done(sentence, organisation=organisation, domain=domain, alias_of=of)


@app.command()
def offer(
    org: Owning,
    domain: DomainName,
    to: Annotated[str, typer.Argument(metavar="TO", help="Who may have it: the other organisation.")],
    access: AccessChoice,
) -> None:
    """Offer a verified domain, with its mailboxes, to another organisation for 14 days."""
    with changing() as desk:
        organisation, other = desk.organisation(org), desk.organisation(to)
        answer = desk.directory.offer_domain(organisation, domain, other, access, by=desk.by)
        whom = desk.call(other)
    done(
        f"{domain} is offered to {whom} until {moment(answer.until)} UTC: {answer.mailboxes} mailboxes would go, and "
        f"{answer.people} people have a grant there.",
        Next([shell("domain", "accept", to, org, domain, "--access", access)], "An owner there accepts it with:"),
        organisation=organisation,
        domain=domain,
        to=other,
        **said(answer),
    )


@app.command()
def offers(org: Owning) -> None:
    """The domains that other organisations offer to this one."""
    with asking() as desk:
        found = list(desk.directory.domain_offers(desk.organisation(org), by=desk.by))
    rows = [
        (one.domain, one.name, one.access.replace("_", " "), str(one.mailboxes), str(one.people), moment(one.until))
        for one in found
    ]
    show(found, Table(("domain", "of", "access", "mailboxes", "people", "until (UTC)"), rows, "None is offered."))


@app.command()
def withdraw(org: Owning, domain: DomainName) -> None:
    """Take the offer of a domain back."""
    with changing() as desk:
        organisation = desk.organisation(org)
        desk.directory.withdraw_domain_offer(organisation, domain, by=desk.by)
    done(f"{domain} is not on offer any more.", organisation=organisation, domain=domain)


@app.command()
def decline(org: Owning, from_: From, domain: DomainName) -> None:
    """Decline a domain that was offered."""
    with changing() as desk:
        organisation, other = desk.organisation(org), desk.organisation(from_)
        desk.directory.decline_domain_offer(organisation, other, domain, by=desk.by)
    done(f"The offer of {domain} is declined.", organisation=organisation, domain=domain)


@app.command()
def accept(org: Owning, from_: From, domain: DomainName, access: AccessChoice, go_on: GoOn = False) -> None:
    """Accept a domain that was offered: from one instant to the next it is this organisation's, mailboxes and all."""
    with changing() as desk:
        organisation, other = desk.organisation(org), desk.organisation(from_)
        answer = desk.directory.accept_domain(
            organisation, other, domain, access, by=desk.by, on_dependants=dependants(go_on)
        )
        where = desk.call(organisation)
    counts = [
        ("mailboxes that came", str(len(answer.mailboxes))),
        ("people who became externals", str(len(answer.joined))),
        ("grants that ended", str(len(answer.grants))),
        ("devices that were revoked", str(len(answer.devices))),
    ]
    known = rotations(answer.still_known)
    done(
        f"{domain} is {where}'s now.",
        Facts(counts),
        *([Next(known, "Somebody without access knows the passwords of these:")] if known else []),
        organisation=organisation,
        domain=domain,
        **said(answer),
    )


def _proof(domain: Domain) -> Cell:
    if isinstance(domain.proof, DomainVerified):
        return good("verified")
    return odd(f"waits for {domain.proof.challenge} until {moment(domain.proof.lapses)} UTC")
