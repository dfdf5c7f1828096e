"""Made-up agencies of real countries for the fictitious directories."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Agency:
    """An entry of a fictitious directory; ``topics`` are what the agency works on."""

    name: str
    country: str
    sector: str
    topics: tuple[str, ...]
    programme: str
    contact: str


# name, sector, topics, programme; {} takes a place name, so that no two agencies share a name
_KINDS = (
    ("{} Open Classroom Foundation", "NGO", ("schools", "sports"), "keeps {n} schools open in the evening for sports and homework groups"),
    ("{} Second Step Association", "NGO", ("prisons", "drug treatment"), "accompanies {n} young people from prison to drug treatment"),
    ("Office for Young Workers of {}", "Public", ("employment", "schools"), "pays first wages to {n} school leavers in small businesses"),
    ("{} Community Radio Network", "Private", ("media",), "broadcasts {n} programmes a year written by adolescents"),
    ("Municipal Police Liaison Unit of {}", "Public", ("police", "schools"), "sends {n} trained police officers to talk in classrooms"),
    ("{} Tattoo Removal Brigade", "Public", ("prisons", "employment"), "removes tattoos of {n} former gang members who look for work"),
)
_PLACES = {
    "Honduras": ("Río Claro", "Las Palmas", "San Isidoro", "Monte Verde", "Villa Nueva Alta", "El Robledal"),
    "El Salvador": ("Santa Aurelia", "Cerro Azul", "La Ceiba Grande", "Puerto Viejo Sur", "San Telmo", "Los Almendros"),
    "Guatemala": ("Quetzalito", "Tierra Blanca", "San Fermín", "Las Nubes", "Agua Serena", "Los Encinos Altos"),
    "Jamaica": ("Harbour Bay", "Mango Hill", "Stony Ford", "Bluewater", "Cedar Gap", "Orange Ridge"),
    "Belize": ("Coral Point", "Mahogany Creek", "Toucan Town", "Reef Side", "River Bend", "Pine Flat"),
    "Costa Rica": ("Volcán Viejo", "Bahía Calma", "Santa Justa", "Alto Palmar", "Valle Hondo", "Río Manso"),
    "Panama": ("Puente Largo", "Cocoli Bajo", "San Eladio", "Isla Serena", "Monte Oro", "Caña Dulce"),
    "Trinidad and Tobago": ("Point Amber", "Sugar Row", "Palm Grove", "Cane Hill", "Lagoon View", "Store Bay East"),
}


def agencies(countries: tuple[str, ...]) -> list[Agency]:
    """Six made-up agencies for each of *countries*."""
    made = []
    for order, country in enumerate(countries):
        for number, (name, sector, topics, programme) in enumerate(_KINDS):
            place = _PLACES[country][number]
            word = "".join(ch for ch in place.casefold() if ch.isascii() and ch.isalpha())
            text = programme.format(n=20 + 7 * number + 11 * order)
            made.append(Agency(name.format(place), country, sector, topics, text, f"info@{word}.example"))
    return made
