//! The words TikTok knows: event names and currencies.

/// TikTok's standard events, and the older names it still takes (`PlaceAnOrder` until 2027).
const STANDARD: [&str; 22] = [
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "ApplicationApproval",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Download",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
    "CompletePayment",
    "SubmitForm",
    "ClickButton",
    "PlaceAnOrder",
];

/// The page view's spelling is not settled, so both are known, on the web.
const PAGE_VIEW: [&str; 2] = ["Pageview", "PageView"];

const MAX_NAME: usize = 50;

/// A standard or an older name, in its exact spelling.
pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name)
}

/// The shape of a custom name; every standard name has it too.
pub(super) fn is_custom(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `purchase`: TikTok makes a custom event of it, and the advertiser's optimisation never sees it.
pub(super) fn differs_in_case_only(name: &str) -> bool {
    let known = || STANDARD.iter().chain(&PAGE_VIEW);
    !known().any(|word| *word == name) && known().any(|word| word.eq_ignore_ascii_case(name))
}

const CURRENCIES: &str = "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP \
    EUR GBP GTQ HKD HNL HUF IDR ILS INR ISK JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD \
    OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VES VND ZAR";

/// A currency TikTok lists, in upper case.
pub(super) fn is_currency(code: &str) -> bool {
    CURRENCIES.split_ascii_whitespace().any(|known| known == code)
}
