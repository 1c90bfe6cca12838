import { doubleText } from "../../../search/java-number.ts";
import {
	parsedValue,
	rawElements,
	rawMembers,
} from "../../../search/raw-json.ts";

/** A JSON value as Java writes it when it is made a text: `{a=one, b=[1, 2.0]}`. */
export function shownText(json: string): string {
	switch (json[0]) {
		case '"':
			return String(parsedValue(json));
		case "{":
			return `{${[...rawMembers(json)].map(([name, value]) => `${name}=${shownText(value)}`).join(", ")}}`;
		case "[":
			return `[${rawElements(json).map(shownText).join(", ")}]`;
		default:
			return isFraction(json) ? doubleText(Number(json)) : json;
	}
}

/** The name of the class that Java reads a JSON value into. */
export function simpleClass(json: string): string {
	switch (json[0]) {
		case '"':
			return "String";
		case "{":
			return "HashMap";
		case "[":
			return "ArrayList";
		case "t":
		case "f":
			return "Boolean";
		case "n":
			return "null";
		default:
			return isFraction(json) ? "Double" : "Integer";
	}
}

/** Whole numbers keep their digits, however many. */
function isFraction(json: string): boolean {
	return /^-?\d+(?:\.|[eE])/.test(json);
}
