/** The mark of the viewer: three spans in a pane. */
export function Logo() {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="4" fill="#20222e" />
      <rect x="3" y="3.5" width="7" height="2.4" rx="1.2" fill="#8aa9ff" />
      <rect x="5" y="6.9" width="8" height="2.4" rx="1.2" fill="#7fcf8e" />
      <rect x="8" y="10.3" width="4" height="2.4" rx="1.2" fill="#f08a9b" />
    </svg>
  );
}
