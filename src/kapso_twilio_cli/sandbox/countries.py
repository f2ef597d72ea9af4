"""The countries of the catalogue: data."""

from __future__ import annotations

from decimal import Decimal

from .catalogue import AddressRequirement, Area, Country, NumberType, Offer

# 555 numbers are nobody's: what the sandbox invents in these two countries rings nowhere.
_US_AREAS = """
205 Birmingham AL|212 New York NY|213 Los Angeles CA|214 Dallas TX|215 Philadelphia PA
216 Cleveland OH|303 Denver CO|305 Miami FL|310 Los Angeles CA|312 Chicago IL|313 Detroit MI
314 St. Louis MO|317 Indianapolis IN|347 New York NY|404 Atlanta GA|405 Oklahoma City OK
407 Orlando FL|410 Baltimore MD|412 Pittsburgh PA|415 San Francisco CA|503 Portland OR
504 New Orleans LA|512 Austin TX|602 Phoenix AZ|612 Minneapolis MN|614 Columbus OH
615 Nashville TN|616 Grand Rapids MI|617 Boston MA|619 San Diego CA|628 San Francisco CA
646 New York NY|702 Las Vegas NV|704 Charlotte NC|713 Houston TX|737 Austin TX|786 Miami FL
801 Salt Lake City UT|808 Honolulu HI|816 Kansas City MO|901 Memphis TN|916 Sacramento CA
"""
_CA_AREAS = """
403 Calgary AB|416 Toronto ON|418 Quebec QC|514 Montreal QC|604 Vancouver BC|613 Ottawa ON
647 Toronto ON|778 Vancouver BC|780 Edmonton AB|902 Halifax NS
"""


def _north_america(text: str) -> tuple[Area, ...]:
    areas = []
    for entry in text.replace("\n", "|").strip("|").split("|"):
        code, *locality, region = entry.split()
        areas.append(Area(f"1{code}555", " ".join(locality), region))
    return tuple(areas)


def _toll_free(country: str, exchange: int) -> Offer:
    areas = tuple(Area(f"1{code}{exchange}") for code in (833, 844, 855, 866, 877, 888))
    return Offer(country, "toll-free", Decimal("2.15"), areas, 4, sms=True, mms=True)


def _offer(
    country: str,
    number_type: NumberType,
    price: str,
    prefixes: str,
    digits: int,
    *,
    sms: bool,
    address: AddressRequirement = "none",
    bundle: bool = False,
) -> Offer:
    """Build an offer whose areas are written `prefix:Locality`, separated by commas."""
    areas = []
    for entry in prefixes.split(","):
        prefix, _, locality = entry.partition(":")
        areas.append(Area(prefix, locality or None))
    return Offer(
        country,
        number_type,
        Decimal(price),
        tuple(areas),
        digits,
        sms=sms,
        address_requirement=address,
        needs_bundle=bundle,
    )


def _country(iso: str, name: str, *offers: Offer) -> tuple[str, Country]:
    return iso, Country(iso, name, offers)


COUNTRIES: dict[str, Country] = dict(
    (
        _country(
            "US",
            "United States",
            Offer("US", "local", Decimal("1.15"), _north_america(_US_AREAS), 4, sms=True, mms=True),
            _toll_free("US", 555),
        ),
        _country(
            "CA",
            "Canada",
            Offer("CA", "local", Decimal("1.15"), _north_america(_CA_AREAS), 4, sms=True, mms=True),
            _toll_free("CA", 554),
        ),
        _country(
            "CL",
            "Chile",
            _offer("CL", "local", "2.50", "56225:Santiago,56322:Valparaiso", 6, sms=True),
            _offer("CL", "mobile", "5.00", "5695,5696,5697,5698,5699", 7, sms=True),
        ),
        _country(
            "GB",
            "United Kingdom",
            _offer(
                "GB",
                "local",
                "1.15",
                "442039:London,441615:Manchester",
                6,
                sms=False,
                address="any",
                bundle=True,
            ),
            _offer("GB", "mobile", "1.15", "4474,4475,4477", 8, sms=True, bundle=True),
            _offer("GB", "toll-free", "2.15", "44800", 7, sms=False, bundle=True),
        ),
        _country(
            "MX",
            "Mexico",
            _offer("MX", "local", "6.25", "5255:Mexico City,5233:Guadalajara", 8, sms=True),
            _offer("MX", "toll-free", "25.00", "52800", 7, sms=False),
        ),
        _country(
            "BR",
            "Brazil",
            _offer("BR", "local", "4.25", "55113", 7, sms=False, address="local", bundle=True),
            _offer("BR", "mobile", "15.00", "55119", 8, sms=True, address="local", bundle=True),
        ),
        _country(
            "DE",
            "Germany",
            _offer(
                "DE",
                "local",
                "1.15",
                "49305:Berlin,49895:Munich",
                7,
                sms=False,
                address="local",
                bundle=True,
            ),
            _offer("DE", "mobile", "6.50", "49152", 8, sms=True, address="local", bundle=True),
        ),
        _country(
            "FR",
            "France",
            _offer("FR", "local", "1.15", "331:Paris", 8, sms=False, address="local", bundle=True),
            _offer("FR", "mobile", "6.00", "337", 8, sms=True, address="local", bundle=True),
            _offer("FR", "national", "1.15", "339", 8, sms=False, address="local", bundle=True),
        ),
        _country(
            "ES",
            "Spain",
            _offer(
                "ES", "local", "1.15", "3491:Madrid", 7, sms=False, address="local", bundle=True
            ),
            _offer("ES", "mobile", "15.00", "346", 8, sms=True, address="local", bundle=True),
        ),
        _country(
            "NL",
            "Netherlands",
            _offer(
                "NL",
                "local",
                "4.00",
                "3120:Amsterdam",
                7,
                sms=False,
                address="local",
                bundle=True,
            ),
            _offer("NL", "mobile", "6.00", "316", 8, sms=True, address="any", bundle=True),
        ),
        _country(
            "AU",
            "Australia",
            _offer("AU", "local", "3.00", "612:Sydney,613:Melbourne", 8, sms=False, address="any"),
            _offer("AU", "mobile", "6.50", "614", 8, sms=True, address="any", bundle=True),
        ),
        _country(
            "SE",
            "Sweden",
            _offer("SE", "mobile", "3.00", "467", 8, sms=True, address="foreign"),
        ),
        _country("CO", "Colombia", _offer("CO", "local", "14.00", "57601:Bogota", 7, sms=False)),
        _country("PE", "Peru", _offer("PE", "local", "5.00", "511:Lima", 7, sms=False)),
        _country("IL", "Israel", _offer("IL", "mobile", "15.00", "97255", 7, sms=True)),
    )
)
