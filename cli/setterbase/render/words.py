"""The words of reports in French and English; labels of KPIs come from the catalogue."""

from __future__ import annotations

from typing import Final

_WORDS: Final[dict[str, tuple[str, str]]] = {
    # sections
    "activity": ("Activité", "Activity"),
    "response": ("Taux de réponse", "Response rates"),
    "conversion": ("Conversion", "Conversion"),
    "demography": ("Démographie", "Demography"),
    "pipeline": ("Pipeline", "Pipeline"),
    "performance": ("Performance", "Performance"),
    "followups": ("Relances à faire", "To follow up"),
    # stages and statuses
    "lead": ("Leads", "Leads"),
    "contacted": ("Contactés", "Contacted"),
    "new": ("Nouveau", "New"),
    "engaged": ("Engagés", "Engaged"),
    "qualified": ("Qualifiés", "Qualified"),
    "call_proposed": ("Appel proposé", "Call proposed"),
    "call_booked": ("Appel réservé", "Call booked"),
    "won": ("Gagnés", "Won"),
    "lost": ("Perdus", "Lost"),
    "relance": ("À relancer", "Follow up again"),
    "is_new": ("nouveau", "new"),
    "is_engaged": ("engagé", "engaged"),
    "is_qualified": ("qualifié", "qualified"),
    "is_call_proposed": ("appel proposé", "call proposed"),
    "is_relance": ("à relancer", "follow up again"),
    # badges and priorities
    "excellent": ("▲ excellent", "▲ excellent"),
    "good": ("● bon", "● good"),
    "to_improve": ("▼ à améliorer", "▼ to improve"),
    "high": ("haute", "high"),
    "medium": ("moyenne", "medium"),
    "low": ("basse", "low"),
    # loss reasons
    "price": ("prix", "price"),
    "time": ("temps", "time"),
    "already_tried": ("déjà essayé", "already tried"),
    "hesitation": ("hésitation", "hesitation"),
    "other": ("autre", "other"),
    # headings and remarks
    "estimate": ("≈ estimation, pas une mesure", "≈ estimate, not a measurement"),
    "of_previous": ("du précédent", "of previous"),
    "sources": ("Sources", "Sources"),
    "professions": ("Professions", "Professions"),
    "why_lost": ("Raisons de perte", "Why lost"),
    "urgent": ("Les plus urgents", "The most urgent"),
    "more": ("… et {} autres", "… and {} more"),
    "nobody": ("Personne à relancer.", "Nobody to follow up."),
    "nothing": ("rien encore", "nothing yet"),
    "unknown": ("inconnue", "unknown"),
    "as_of": ("au", "as of"),
    "updated": ("calculé le", "computed"),
    "coach": ("coach", "coach"),
    "priority": ("priorité", "priority"),
    "days": ("jours", "days"),
    "status": ("statut", "status"),
    "contact": ("contact", "contact"),
    "name": ("nom", "name"),
    "source_name": ("source", "source"),
    "profession": ("profession", "profession"),
    "leads": ("leads", "leads"),
    "share": ("part", "share"),
    "period": ("période", "period"),
    "sent": ("envoyés", "sent"),
    "received": ("reçus", "received"),
    "booked": ("appels", "calls"),
    "revenue": ("revenus", "revenue"),
    "week": ("7 jours", "7 days"),
    "deals_won": ("gagnés", "won"),
    "win_rate": ("gain", "win rate"),
    "kpi": ("indicateur", "KPI"),
    "current": ("période", "current"),
    "previous": ("avant", "before"),
    "change": ("évolution", "change"),
    "code": ("code", "code"),
    "formula": ("formule", "formula"),
    "disabled": ("désactivé", "disabled"),
}
_WEEKDAYS: Final[dict[str, list[str]]] = {
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}


def word(key: str, lang: str) -> str:
    """The word for `key`; a key without one stands for itself."""
    fr, en = _WORDS.get(key, (key, key))
    return fr if lang == "fr" else en


def weekday(number: int, lang: str) -> str:
    """The name of an ISO weekday, 1 Monday to 7 Sunday."""
    return _WEEKDAYS[lang][number - 1]
