/** Whether a name fits a pattern: its `*` stands for any characters, and everything else for itself. */
export function fitsPattern(name: string, pattern: string): boolean {
	const [first = "", ...rest] = pattern.split("*");
	const last = rest.pop();
	if (last === undefined) return name === pattern;
	if (!name.startsWith(first)) return false;
	let position = first.length;
	for (const part of rest) {
		const found = name.indexOf(part, position);
		if (found < 0) return false;
		position = found + part.length;
	}
	return name.length - last.length >= position && name.endsWith(last);
}
