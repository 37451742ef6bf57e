"""The PDF page in typst. It reads one JSON text and shows strings as strings: no word of a user is ever markup."""

from __future__ import annotations

TEMPLATE = r"""
#let d = json(bytes(sys.inputs.document))
#let ink = rgb("#1b1f23")
#let faint = rgb("#5f6368")
#let blue = rgb("#1f3a5f")
#let rule = rgb("#b8c0c8")
#let head = rgb("#e8edf3")

#set document(title: d.title + " " + d.number, author: d.company)
#set page(
  paper: "a4",
  margin: (x: 16mm, top: 13mm, bottom: 15mm),
  footer: context {
    set text(8pt, fill: faint)
    let page-of = d.page.replace("{page}", str(here().page())).replace("{pages}", str(counter(page).final().first()))
    grid(columns: (1fr, auto), d.footer, d.number + ", " + page-of)
  },
)
#set text(font: "Libertinus Serif", size: 9.6pt, lang: d.lang, fill: ink, number-type: "lining", hyphenate: false)
#set par(justify: false, leading: 0.52em)

#let section(title, body, breaks: true) = block(width: 100%, above: 11pt, below: 0pt, breakable: breaks)[
  #block(below: 5pt, sticky: true, width: 100%, stroke: (bottom: 0.6pt + rule), inset: (bottom: 3pt))[
    #text(11pt, weight: "bold", fill: blue, title)
  ]
  #body
]

#let cell-text(value, i, t) = {
  let c = t.columns.at(i)
  if c.right { align(right, text(number-width: "tabular", value)) } else { align(left, value) }
}

#let rows(t, size: 9.2pt) = {
  set text(size)
  let n = t.columns.len()
  table(
    columns: t.columns.map(c => c.width * 1fr),
    inset: (x: 3.5pt, y: 2.8pt),
    stroke: none,
    fill: (_, y) => if y == 0 { head } else { none },
    table.header(..t.columns.enumerate().map(((i, c)) => {
      set text(weight: "bold")
      if c.right { align(right, c.title) } else { align(left, c.title) }
    })),
    table.hline(stroke: 0.5pt + rule),
    ..t.rows.enumerate().map(((r, row)) => {
      let last = t.sum_row and r == t.rows.len() - 1
      row.enumerate().map(((i, value)) => {
        if last { table.cell(stroke: (top: 0.5pt + ink), strong(cell-text(value, i, t))) }
        else { table.cell(stroke: (bottom: 0.3pt + rule), cell-text(value, i, t)) }
      })
    }).flatten(),
  )
  if t.note != "" { block(above: 4pt, text(8pt, fill: faint, style: "italic", t.note)) }
}

#let shown(t, size: 9.2pt) = if t != none {
  section(t.title, rows(t, size: size), breaks: t.rows.len() > 16)
}

#let bullets(lines, size: 9.2pt) = {
  set text(size)
  for line in lines {
    block(above: 3.2pt, below: 3.2pt, grid(columns: (9pt, 1fr), text(fill: blue)[•], line))
  }
}

// ---- head
#grid(
  columns: (1fr, auto),
  align: (left, right),
  {
    text(15pt, weight: "bold", fill: blue, d.company-shown)
    set text(8.6pt, fill: faint)
    for line in d.address { block(above: 4pt, below: 0pt, line) }
  },
  if d.logo != "" { image(d.logo, height: 16mm) },
)
#line(length: 100%, stroke: 0.8pt + blue)

#block(above: 11pt, below: 7pt, text(14pt, weight: "bold", d.title + " " + d.number-sign + " " + d.number))
#block(above: 5pt, below: 9pt, text(12pt, weight: "bold", fill: blue, d.subtitle))
#if d.mark != "" { block(above: 4pt, below: 8pt, text(10pt, weight: "bold", fill: rgb("#b3261e"), d.mark)) }

#grid(
  columns: (34mm, 1fr),
  row-gutter: 4.6pt,
  ..d.facts.map(((label, value)) => (text(fill: faint, label), value)).flatten(),
)

#shown(d.price)
#shown(d.parts)


#block(above: 12pt, width: 100%, grid(
  columns: (1.25fr, 1fr, 1.15fr),
  column-gutter: 10pt,
  ..d.terms.map(b => block(width: 100%)[
    #block(below: 4pt, width: 100%, stroke: (bottom: 0.6pt + rule), inset: (bottom: 3pt))[
      #text(11pt, weight: "bold", fill: blue, b.title)
    ]
    #bullets(b.lines, size: 8.8pt)
  ]),
))

#shown(d.standing, size: 8.8pt)
#shown(d.legs)
#if d.chart {
  section(d.map-title, {
    image("map.svg", width: 100%)
    block(above: 3pt, text(8pt, fill: faint, style: "italic", d.map-note))
  })
}
#shown(d.others)
#if d.notices != none { section(d.notices.title, bullets(d.notices.lines, size: 8.4pt)) }

#if d.bank.len() > 0 or d.signatory != "" {
  block(above: 12pt, breakable: false, width: 100%, grid(
    columns: (1fr, 1fr),
    column-gutter: 14pt,
    align: (left + top, left + bottom),
    if d.bank.len() > 0 {
      set text(8.6pt)
      text(weight: "bold", fill: blue, d.bank-title)
      for line in d.bank { block(above: 3.5pt, below: 0pt, line) }
    },
    if d.signatory != "" {
      v(12pt)
      line(length: 100%, stroke: 0.6pt + ink)
      block(above: 3.5pt, text(8.6pt, text(fill: faint, d.signed + ": ") + d.signatory))
    },
  ))
}

#if d.lines != none {
  set page(flipped: true, paper: "a3", margin: (x: 10mm, top: 10mm, bottom: 12mm))
  shown(d.lines, size: 7.4pt)
}
"""
