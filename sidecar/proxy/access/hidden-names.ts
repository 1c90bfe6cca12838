import { NameShape } from "./name-shape.ts";

/** How the names of the sidecar's indices begin. */
export const namespace = ".ml-sidecar-";

/** At the end of an index expression with a wildcard: all but the sidecar's indices. */
export const exclusion = `-${namespace}*`;

/** How the names of the sidecar's index templates begin. */
export const templateNamespace = "ml-sidecar-";

/** The priority of the sidecar's index templates. */
export const templatePriority = 1_000_000;

/** Which names mean the sidecar's indices: those in its namespace, and aliases that somebody gave them. */
export class HiddenNames {
	/** Names of the sidecar's indices that are not in its namespace. */
	readonly aliases: ReadonlySet<string>;

	constructor(aliases: ReadonlySet<string>) {
		this.aliases = aliases;
	}

	/** Whether a name, or date math, means one of them; patterns mean none. */
	mean(name: string): boolean {
		if (name.startsWith("<") && name.endsWith(">")) {
			const shape = NameShape.ofDateMath(name);
			return (
				shape.mayBegin(namespace) ||
				[...this.aliases].some((alias) => shape.mayBe(alias))
			);
		}
		return (
			(name.startsWith(namespace) && !name.includes("*")) ||
			this.aliases.has(name)
		);
	}

	/**
	 * Whether a pattern with `*` matches one of them.
	 *
	 * @param hidden whether it was asked to match hidden indices; patterns that begin with a dot always do
	 */
	matchedBy(pattern: string, hidden: boolean): boolean {
		const shape = NameShape.ofPattern(pattern);
		return (
			((hidden || pattern.startsWith(".")) && shape.mayBegin(namespace)) ||
			[...this.aliases].some((alias) => shape.mayBe(alias))
		);
	}

	/** Whether they are mentioned anywhere in a text. */
	mentionedIn(text: string): boolean {
		return (
			text.includes(namespace) ||
			[...this.aliases].some((alias) => text.includes(alias))
		);
	}
}

/** Whether a name is one of the sidecar's index templates'; patterns are none. */
export function meansTemplate(name: string): boolean {
	return name.startsWith(templateNamespace) && !name.includes("*");
}
