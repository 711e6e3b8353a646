/**
 * A field of a form.
 * @module
 */

/** One line of text. */
export function TextField(
  { words, value, name, isRequired = false, most = 1_000, onChange }: {
    words: string;
    value: string;
    name?: string;
    isRequired?: boolean;
    most?: number;
    onChange: (value: string) => void;
  },
) {
  return (
    <label class="field">
      <span>{words}</span>
      <input
        name={name}
        value={value}
        maxLength={most}
        required={isRequired}
        autocomplete="off"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
