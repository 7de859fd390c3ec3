"""What people write. `%s` is the lead's first name; no text holds a tab, newline or backslash."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """The sentences of one language, by the moment in which they are said."""

    openers: tuple[tuple[str, ...], ...]  # of the first, second, third and fourth message
    replies: tuple[str, ...]  # the first answer
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    magnets: tuple[str, ...]
    proposals: tuple[str, ...]
    accepts: tuple[str, ...]
    declines: tuple[str, ...]
    reminders: tuple[str, ...]
    after_calls: tuple[str, ...]
    wins: tuple[str, ...]
    missed: tuple[str, ...]
    revivals: tuple[str, ...]
    other_reasons: tuple[str, ...]


_FR = Texts(
    openers=(
        (
            "Salut %s ! Merci pour ton abonnement 🙏 Qu'est-ce qui t'a amené(e) ici ?",
            "Hello %s, j'ai vu ta réaction à ma story, ça te parle ?",
            "Coucou %s ! Tu as commenté mon dernier post, je t'envoie ce que j'ai promis ?",
            "Hey %s, bienvenue ! C'est quoi ton objectif numéro 1 en ce moment ?",
            "Bonjour %s, contente de te voir par ici 😊 Tu pratiques depuis longtemps ?",
            "Salut %s, merci pour ton message ! Dis-moi, où en es-tu aujourd'hui ?",
        ),
        (
            "%s, tu as eu le temps de voir mon message ? 😊",
            "Je me permets de revenir vers toi %s, toujours motivé(e) ?",
            "Petite question %s : c'est plutôt le temps ou la méthode qui te manque ?",
            "Hello %s, je t'ai préparé une vidéo de 3 min, je te l'envoie ?",
        ),
        (
            "Dernière question %s : si tu pouvais changer une chose ce mois-ci, ce serait quoi ?",
            "%s, j'ai une place qui se libère cette semaine, tu veux en parler ?",
            "Je pense à toi %s, une cliente dans ta situation vient de passer un cap 💪",
        ),
        (
            "Je ne veux pas insister %s, je te laisse revenir vers moi quand c'est le moment 🙂",
            "%s, je ferme les inscriptions vendredi, dis-moi si je te garde une place.",
            "Dernier message de ma part %s, promis ! Un mot suffit : oui ou non ?",
        ),
    ),
    replies=(
        "Salut ! Oui ça m'intéresse, comment ça marche ?",
        "Coucou, merci ! Alors moi j'aimerais reprendre en main mon quotidien",
        "Bonjour, oui pourquoi pas, c'est quel prix ?",
        "Hello 😊 ça fait des mois que j'essaie seule, sans résultat…",
        "Oui ! Je te suis depuis un moment",
        "Salut, je veux bien la vidéo",
        "Merci pour ton message, j'ai peu de temps mais je suis curieux",
        "Ah c'est gentil, oui dis-moi tout",
    ),
    questions=(
        "Super ! Et aujourd'hui, qu'est-ce qui te bloque le plus ?",
        "Je comprends. Tu as déjà essayé quelque chose ?",
        "OK, et sur une échelle de 1 à 10, à quel point c'est important pour toi ?",
        "Et dans 3 mois, tu te vois où ?",
        "Merci de ta franchise. Tu serais prêt(e) à y consacrer combien de temps par semaine ?",
        "Qu'est-ce qui se passe si tu ne changes rien ?",
    ),
    answers=(
        "Le manque de temps surtout, avec le travail et les enfants",
        "J'ai tout essayé, rien ne tient plus de deux semaines",
        "Je dirais 8/10",
        "J'aimerais perdre 6 kilos et retrouver de l'énergie",
        "Deux ou trois heures par semaine, pas plus",
        "Franchement je ne sais pas par où commencer",
        "Mon frère a suivi un programme et ça a tout changé pour lui",
        "Je veux vivre de mon activité d'ici l'été",
    ),
    magnets=(
        "Voici le guide promis 👉 dis-moi ce que tu en penses !",
        "Je t'envoie le PDF, il me faut juste ton email 😊",
        "Tiens, la vidéo dont je te parlais : 3 minutes, montre en main.",
    ),
    proposals=(
        "Le mieux, c'est qu'on s'appelle 20 minutes. Tu préfères demain ou jeudi ?",
        "Je te propose un appel offert pour voir si je peux t'aider. Partant(e) ?",
        "On se cale un appel cette semaine ? Je te dis exactement par où commencer.",
    ),
    accepts=(
        "Oui avec plaisir, jeudi 18h ça te va ?",
        "OK je viens de réserver !",
        "Parfait, à demain alors",
        "Ça marche, j'ai pris le créneau du soir",
    ),
    declines=(
        "C'est un peu cher pour moi en ce moment…",
        "Je vais réfléchir et je reviens vers toi",
        "Là je n'ai vraiment pas le temps",
        "J'ai déjà fait un coaching et ça n'a rien donné",
        "Finalement ce n'est pas pour moi, merci",
    ),
    reminders=(
        "Hâte de t'avoir au téléphone %s ! Le lien est dans ton agenda.",
        "Rappel %s : on s'appelle tout à l'heure 📞",
    ),
    after_calls=(
        "Merci pour l'échange %s ! Je t'envoie le lien d'inscription.",
        "Super appel %s, je te laisse relire la proposition.",
    ),
    wins=("C'est fait, je suis inscrit(e) 🎉", "Paiement envoyé, hâte de commencer !", "On y va !"),
    missed=(
        "On s'est manqués %s, tout va bien ? On recale ?",
        "Je t'ai attendu(e) sur le lien %s, dis-moi si tu veux un autre créneau.",
    ),
    revivals=(
        "Hello %s, où en es-tu depuis la dernière fois ?",
        "%s, je repense à notre échange : on reprend là où on s'était arrêtés ?",
    ),
    other_reasons=(
        "déménage à l'étranger",
        "pas la cible",
        "injoignable",
        "enceinte",
        "a un coach",
    ),
)

_EN = Texts(
    openers=(
        (
            "Hi %s! Thanks for the follow 🙏 What brought you here?",
            "Hey %s, saw you reacted to my story. Does that speak to you?",
            "Hi %s! You commented on my last post. Shall I send you what I promised?",
            "Hey %s, welcome! What's your number one goal right now?",
        ),
        (
            "%s, did you have a chance to see my message? 😊",
            "Quick question %s: is it time or method that's missing?",
            "Hi %s, I made you a 3-minute video, shall I send it?",
        ),
        (
            "Last question %s: if you could change one thing this month, what would it be?",
            "%s, a spot opens up this week. Want to talk about it?",
        ),
        (
            "I don't want to insist %s, come back whenever the time is right 🙂",
            "%s, I'm closing enrolment on Friday. Shall I keep you a spot?",
        ),
    ),
    replies=(
        "Hi! Yes I'm interested, how does it work?",
        "Thanks! I'd love to get back on track",
        "Sure, why not. How much is it?",
        "I've been trying on my own for months, no luck…",
        "Yes! I've been following you for a while",
    ),
    questions=(
        "Great! What's holding you back the most today?",
        "I see. Have you tried anything yet?",
        "And on a scale of 1 to 10, how important is it to you?",
        "Where do you see yourself in 3 months?",
    ),
    answers=(
        "Mostly time, with work and the kids",
        "I tried everything, nothing lasts more than two weeks",
        "I'd say 8/10",
        "Two or three hours a week, no more",
        "Honestly I don't know where to start",
    ),
    magnets=("Here's the guide I promised 👉", "Sending you the PDF, I just need your email 😊"),
    proposals=(
        "Best is a 20-minute call. Tomorrow or Thursday?",
        "Let's book a free call and see if I can help. Are you in?",
    ),
    accepts=("Yes, Thursday 6pm works!", "OK, just booked it!", "Perfect, talk tomorrow"),
    declines=(
        "It's a bit expensive for me right now…",
        "Let me think and I'll get back to you",
        "I really don't have the time",
        "I already did some coaching and it didn't help",
    ),
    reminders=("Looking forward to our call %s!", "Reminder %s: we talk later today 📞"),
    after_calls=("Thanks for the call %s! Here's the link to enrol.", "Great talk %s!"),
    wins=("Done, I'm in 🎉", "Payment sent, can't wait to start!"),
    missed=("We missed each other %s. Shall we reschedule?", "I waited on the link %s, all good?"),
    revivals=("Hi %s, how have you been since last time?", "%s, shall we pick up where we left?"),
    other_reasons=("moving abroad", "not the target", "unreachable", "has a coach"),
)


def address(text: str, name: str | None) -> str:
    """The sentence said to somebody, whose name may be unknown."""
    if name:
        return text % name
    text = text.replace(" %s", "").removeprefix("%s, ")
    return text[0].upper() + text[1:]


def texts(locale: str) -> Texts:
    """The sentences for a locale: French ones where French is spoken, English ones elsewhere."""
    return _FR if locale.startswith("fr") else _EN
