// The least a redirect can do: look at the address, answer with another. Nothing is kept.
export default {
  fetch(request) {
    const url = request.url;
    const location = `https://quotes.example.com/solar${url.slice(url.indexOf("?"))}`;
    return new Response(null, { status: 302, headers: { location } });
  },
};
