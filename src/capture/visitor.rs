//! What a click's request says of whoever sent it.

/// User agents of those who fetch a link without visiting it: TikTok's page preloader, its crawlers,
/// and the link previews of messengers and social networks. Lower-case.
const PREVIEWERS: [&str; 21] = [
    "thirdlandingpagefeinfra",
    "tiktokspider",
    "bytespider",
    "facebookexternalhit",
    "facebot",
    "twitterbot",
    "linkedinbot",
    "slackbot",
    "slack-imgproxy",
    "telegrambot",
    "whatsapp/",
    "discordbot",
    "skypeuripreview",
    "pinterestbot",
    "redditbot",
    "applebot",
    "googlebot",
    "adsbot-google",
    "bingbot",
    "embedly",
    "iframely",
];

/// What the page script says beside a request's own headers; empty texts are missing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PageWords<'a> {
    /// `ttclid`, decoded.
    pub ttclid: &'a str,
    /// The cookie `_ttp`.
    pub ttp: &'a str,
    /// The query string of the script's own address, where a page can say `consent=1`.
    pub script_query: &'a str,
}

/// The parts of a request that matter to a click; a header that is missing is an empty text.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Visitor<'a> {
    /// The request is a `HEAD`.
    pub is_head: bool,
    /// The raw query string, without `?`.
    pub query: &'a str,
    /// `Cookie`
    pub cookies: &'a str,
    /// `CF-Connecting-IP`
    pub ip: &'a str,
    /// `CF-IPCountry`
    pub country: &'a str,
    /// `User-Agent`
    pub user_agent: &'a str,
    /// `Accept-Language`
    pub accept_language: &'a str,
    /// `Referer`
    pub referrer: &'a str,
    /// `Sec-Purpose`, or the older `Purpose` or `X-Moz`.
    pub purpose: &'a str,
    /// `Sec-GPC: 1`, the browser's Global Privacy Control.
    pub has_gpc: bool,
    /// The host (and port) that was asked, to tell a loop.
    pub host: &'a str,
    /// What the page script said: it counts where query and cookies say nothing.
    pub page: PageWords<'a>,
}

/// Whether a text has one of these lower-case words in it, in any case. One pass over the text, which
/// looks closer only where two letters stand that a word begins with: this is in every click's way.
fn contains_any(text: &str, words: &[&str]) -> bool {
    // A letter's place in the alphabet, in either case. What is no letter shares a place with one,
    // and costs a closer look.
    let place = |byte: u8| usize::from(byte & 31);
    let mut second_letters = [0_u32; 32];
    for word in words {
        if let [first, second, ..] = *word.as_bytes()
            && let Some(seconds) = second_letters.get_mut(place(first))
        {
            *seconds |= 1 << place(second);
        }
    }
    let starts = |rest: &[u8], word: &str| {
        rest.get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
    };
    let text = text.as_bytes();
    text.windows(2).enumerate().any(|(at, pair)| {
        let &[first, second] = pair else { return false };
        let seconds = second_letters.get(place(first)).copied().unwrap_or_default();
        let rest = text.get(at..).unwrap_or_default();
        seconds >> place(second) & 1 == 1 && words.iter().any(|word| starts(rest, word))
    })
}

impl<'a> Visitor<'a> {
    /// Whether nobody is (yet) looking at what this request fetches.
    pub fn is_automatic(&self) -> bool {
        self.is_head || self.is_prefetch() || self.is_previewer()
    }

    fn is_prefetch(&self) -> bool {
        contains_any(self.purpose, &["prefetch", "prerender", "preview"])
    }

    fn is_previewer(&self) -> bool {
        contains_any(self.user_agent, &PREVIEWERS)
    }

    /// The first language of `Accept-Language`.
    pub(super) fn locale(&self) -> Option<&'a str> {
        let first = self.accept_language.split([',', ';']).next()?.trim();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (!first.is_empty() && first.bytes().all(allowed)).then_some(first)
    }
}
