//! The fortunes kind: rows of the table `bench_fortune` and one more, sorted and escaped, as a page.

use axum::extract::State;
use axum::response::{Html, IntoResponse};
use deadpool_postgres::Pool;

use crate::{Failure, NAMED};

const SELECT: &str = "select id, message from bench_fortune";
const ADDED: &str = "Additional fortune added at request time.";
const HEAD: &str = "<!doctype html><html><head><title>Fortunes</title></head><body><table>\
                    <tr><th>id</th><th>message</th></tr>";
const TAIL: &str = "</table></body></html>";

/// All fortunes as a page.
pub(crate) async fn page(State(pool): State<Pool>) -> Result<impl IntoResponse, Failure> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(SELECT).await?;
    let rows = client.query(&statement, &[]).await?;
    let mut fortunes: Vec<(i32, &str)> = Vec::with_capacity(rows.len() + 1);
    for row in &rows {
        fortunes.push((row.try_get(0)?, row.try_get(1)?));
    }
    fortunes.push((0, ADDED));
    fortunes.sort_unstable_by_key(|(_, message)| *message);
    Ok((NAMED, Html(render(&fortunes))))
}

fn render(fortunes: &[(i32, &str)]) -> String {
    let mut page = String::with_capacity(2048);
    page.push_str(HEAD);
    for (id, message) in fortunes {
        page.push_str("<tr><td>");
        page.push_str(&id.to_string());
        page.push_str("</td><td>");
        escape_into(&mut page, message);
        page.push_str("</td></tr>");
    }
    page.push_str(TAIL);
    page
}

fn escape_into(page: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        page.push_str(&rest[..at]);
        page.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    page.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::{escape_into, render};

    #[test]
    fn escapes_what_html_would_read_as_markup() {
        let mut page = String::new();
        escape_into(&mut page, "<a title=\"R&D\">it's フ</a>");
        assert_eq!(page, "&lt;a title=&quot;R&amp;D&quot;&gt;it&#39;s フ&lt;/a&gt;");
    }

    #[test]
    fn renders_a_row_for_each_fortune() {
        let page = render(&[(2, "b"), (1, "a")]);
        assert!(
            page.ends_with(
                "<tr><td>2</td><td>b</td></tr><tr><td>1</td><td>a</td></tr></table></body></html>"
            )
        );
    }
}
