import type { ComponentChildren } from 'preact';

/** What is shown where there is nothing: why, and what to do. */
export function Empty({
  title,
  children,
}: {
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
