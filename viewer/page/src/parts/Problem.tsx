/** What the viewer answered instead of data. */
export function Problem({ text }: { text: string | undefined }) {
  return text ? (
    <div class="notice error" role="alert">
      {text}
    </div>
  ) : null;
}
