"""A quote as a document: XLSX and PDF, in English and in Russian, for the client or for the desk.

    quote (JSON)  ->  offer | desk: what is said, as plain rows  ->  xlsx | pdf: how it looks

The content is made from the quote alone, with the letterhead of the sender and the names of our places and cargoes; so
a stored quote gives the same bytes each time. A client's document is built from `optimizer.margin.client_view`, which
holds no cost of ours. User guide: docs/quote-document.md.
"""
