import { type ParseArgsConfig, parseArgs } from "node:util";
import { SidecarError } from "../errors.ts";

/**
 * A command's options and arguments.
 *
 * @throws SidecarError `bad_request` that says what is wrong with them.
 */
export function readCommandLine<T extends ParseArgsConfig>(config: T) {
	try {
		return parseArgs(config);
	} catch (error) {
		throw new SidecarError(
			"bad_request",
			`${error instanceof Error ? error.message : error} (--help shows what there is)`,
			{ cause: error },
		);
	}
}

/** An error as a person sees it: one line, or everything about it where `DEBUG` is set. */
export function complaint(error: unknown, env: NodeJS.ProcessEnv): string {
	if (env.DEBUG && error instanceof Error) {
		const cause = error.cause === undefined ? "" : complaint(error.cause, env);
		return `${error.stack ?? error.message}\n${cause && `caused by ${cause}`}`;
	}
	return `✗ ${error instanceof Error ? error.message : error}\n`;
}
