"""The jobs that most leads have, in both forms, with the ages at which one has them."""

from __future__ import annotations

from typing import NamedTuple


class Job(NamedTuple):
    """A job as a man and as a woman say it, its ages, and how common it is among leads."""

    forms: tuple[str, str]
    youngest: int
    oldest: int
    weight: int


def _jobs(text: str) -> tuple[Job, ...]:
    """Lines of «man's form | woman's form | youngest-oldest | weight»; one form does for both."""
    jobs = []
    for line in text.strip().splitlines():
        forms, ages, weight = line.rsplit("|", 2)
        male, _, female = (part.strip() for part in forms.partition("|"))
        youngest, oldest = ages.split("-")
        jobs.append(Job((male, female or male), int(youngest), int(oldest), int(weight)))
    return tuple(jobs)


COMMON = {
    "fr": _jobs("""
        Lycéen | Lycéenne | 16-18 | 60
        Étudiant | Étudiante | 18-26 | 60
        Apprenti | Apprentie | 16-22 | 18
        Commercial | Commerciale | 22-62 | 22
        Développeur | Développeuse | 22-55 | 16
        Infirmier | Infirmière | 23-62 | 15
        Enseignant | Enseignante | 24-63 | 16
        Artisan | Artisane | 24-62 | 12
        Coach sportif | Coach sportive | 21-50 | 13
        Vendeur | Vendeuse | 18-55 | 14
        Serveur | Serveuse | 18-40 | 10
        Aide-soignant | Aide-soignante | 20-62 | 11
        Comptable | 23-62 | 10
        Ingénieur | Ingénieure | 24-60 | 13
        Chef de projet | Cheffe de projet | 27-58 | 11
        Responsable RH | 29-60 | 6
        Graphiste | 21-50 | 8
        Photographe | 22-55 | 5
        Chauffeur | Chauffeuse | 22-63 | 9
        Cuisinier | Cuisinière | 19-58 | 8
        Électricien | Électricienne | 20-62 | 7
        Auto-entrepreneur | Auto-entrepreneuse | 22-60 | 14
        Gérant de société | Gérante de société | 30-66 | 9
        Directeur commercial | Directrice commerciale | 36-63 | 4
        Kinésithérapeute | 25-60 | 5
        Pompier | Pompière | 20-52 | 5
        Militaire | 19-45 | 6
        Fonctionnaire | 25-64 | 9
        Assistant administratif | Assistante administrative | 21-62 | 10
        Esthéticien | Esthéticienne | 19-50 | 5
        Pharmacien | Pharmacienne | 26-64 | 3
        Avocat | Avocate | 27-66 | 3
        Agent immobilier | Agente immobilière | 23-64 | 7
        Père au foyer | Mère au foyer | 25-50 | 5
        Sans emploi | 19-62 | 7
        Retraité | Retraitée | 62-72 | 120
    """),
    "en": _jobs("""
        High school student | 16-18 | 60
        Student | 18-26 | 60
        Apprentice | 16-22 | 18
        Sales representative | 22-62 | 22
        Software developer | 22-55 | 16
        Nurse | 23-62 | 15
        Teacher | 24-63 | 16
        Personal trainer | 21-50 | 13
        Shop assistant | 18-55 | 14
        Waiter | Waitress | 18-40 | 10
        Accountant | 23-62 | 10
        Engineer | 24-60 | 13
        Project manager | 27-58 | 11
        HR manager | 29-60 | 6
        Graphic designer | 21-50 | 8
        Photographer | 22-55 | 5
        Driver | 22-63 | 9
        Chef | 19-58 | 8
        Electrician | 20-62 | 7
        Freelancer | 22-60 | 14
        Business owner | 30-66 | 9
        Sales director | 36-63 | 4
        Physiotherapist | 25-60 | 5
        Civil servant | 25-64 | 9
        Office assistant | 21-62 | 10
        Lawyer | 27-66 | 3
        Estate agent | 23-64 | 7
        Stay-at-home dad | Stay-at-home mum | 25-50 | 5
        Unemployed | 19-62 | 7
        Retired | 62-72 | 120
    """),
}
