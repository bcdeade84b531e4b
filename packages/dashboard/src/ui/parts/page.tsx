import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A page's frame: its heading, which takes the focus when the page is opened, and what can be done on it. */
export function Page({
  title,
  lead,
  actions,
  back,
  children,
}: {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  back?: { readonly href: string; readonly label: string };
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Twinloop`;
    const { activeElement } = document;
    const isFree =
      activeElement === null || activeElement === document.body || activeElement.closest("nav, a") !== null;
    if (isFree && document.body.dataset["opened"] === "yes") heading.current?.focus();
    document.body.dataset["opened"] = "yes";
  }, [title]);
  return (
    <article class="page">
      {back !== undefined && (
        <a class="back" href={back.href}>
          ← {back.label}
        </a>
      )}
      <header class="page-head">
        <div>
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </article>
  );
}

/** A part of a page with a heading of its own. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section">
      <div class="section-head">
        <h2>{title}</h2>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** A region that scrolls on its own, by keyboard too, so that a wide table does not widen the page. */
export function Scroll({
  label,
  isTall = false,
  children,
}: {
  label: string;
  /** Whether the region scrolls up and down too. */
  isTall?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={isTall ? "scroll tall" : "scroll"} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
