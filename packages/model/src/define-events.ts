import { ShaleError } from "./errors.ts";
import type { EventInput, Scalar } from "./events.ts";

/** Values that a property has; with `?` it may be absent, or null. */
export type PropertyRule = PropertyType | `${PropertyType}?`;
type PropertyType = "string" | "number" | "boolean" | "list";

const rules: readonly string[] = ["string", "number", "boolean", "list"].flatMap((type) => [
  type,
  `${type}?`,
]);

/** The properties of each event, by its name. */
export interface EventDefinitions {
  readonly [event: string]: { readonly [property: string]: PropertyRule };
}

type ValueOf<Rule extends PropertyRule> = Rule extends "string" | "string?"
  ? string
  : Rule extends "number" | "number?"
    ? number
    : Rule extends "boolean" | "boolean?"
      ? boolean
      : readonly Scalar[];
type Rules = EventDefinitions[string];
type OptionalNames<R extends Rules> = {
  [P in keyof R]: R[P] extends `${string}?` ? P : never;
}[keyof R];
type RequiredNames<R extends Rules> = Exclude<keyof R, OptionalNames<R>>;

/** `{}` would take any properties. */
type NoProperties = Readonly<Record<string, never>>;
type PropertiesOf<R extends Rules> = keyof R extends never
  ? NoProperties
  : { readonly [P in RequiredNames<R>]: ValueOf<R[P]> } & {
      readonly [P in OptionalNames<R>]?: ValueOf<R[P]> | null;
    };
/** The same as it is given: an undefined one is left out. */
type PropertiesInput<R extends Rules> = keyof R extends never
  ? NoProperties
  : { readonly [P in RequiredNames<R>]: ValueOf<R[P]> } & {
      readonly [P in OptionalNames<R>]?: ValueOf<R[P]> | null | undefined;
    };
/** Properties may be left out where all of them may. */
type WithProperties<R extends Rules, Properties> =
  RequiredNames<R> extends never
    ? { readonly properties?: Properties | undefined }
    : { readonly properties: Properties };

type FieldsInput<R extends Rules> = Omit<EventInput, "event" | "properties"> &
  WithProperties<R, PropertiesInput<R>>;
type TypedEvent<Name extends string, R extends Rules> = Omit<EventInput, "event" | "properties"> & {
  readonly event: Name;
} & WithProperties<R, PropertiesOf<R>>;

declare const definitions: unique symbol;

/** For each event a function that makes one, to be appended. */
export type DefinedEvents<D extends EventDefinitions = EventDefinitions> = {
  readonly [Name in keyof D & string]: (fields: FieldsInput<D[Name]>) => TypedEvent<Name, D[Name]>;
} & {
  /** For types alone. */
  readonly [definitions]?: D;
};

type DefinitionsOf<Events> = Events extends { readonly [definitions]?: infer D }
  ? D extends EventDefinitions
    ? D
    : never
  : never;

type AnyName<D extends EventDefinitions> = { [E in keyof D]: keyof D[E] & string }[keyof D];
type NumberName<D extends EventDefinitions> = {
  [E in keyof D]: {
    [P in keyof D[E] & string]: D[E][P] extends "number" | "number?" ? P : never;
  }[keyof D[E] & string];
}[keyof D];

/** The names that queries about defined events may use: `FunnelQuery<VocabularyOf<typeof events>>`. */
export interface VocabularyOf<Events> {
  readonly event: keyof DefinitionsOf<Events> & string;
  readonly property: AnyName<DefinitionsOf<Events>> | "$event" | "$user_id";
  readonly number: NumberName<DefinitionsOf<Events>>;
}

/** Any of the defined events, as `append` takes it: `EventOf<typeof events>`. */
export type EventOf<Events> =
  DefinitionsOf<Events> extends infer D extends EventDefinitions
    ? { [Name in keyof D & string]: TypedEvent<Name, D[Name]> }[keyof D & string]
    : never;

/**
 * Names the events of an application and their properties, for the compiler: nothing is checked
 * when an event is made, `append` checks what it always does.
 *
 * @throws {ShaleError} OPTION_INVALID for a rule that is none
 */
export function defineEvents<const D extends EventDefinitions>(events: D): DefinedEvents<D> {
  const makers = Object.entries(events).map(([event, properties]) => {
    for (const [property, rule] of Object.entries(properties)) {
      if (!rules.includes(rule)) throw ruleInvalid(`${event}.${property}`, rule);
    }
    return [event, (fields: FieldsInput<Rules>) => madeEvent(event, fields)] as const;
  });
  const made: object = Object.freeze(Object.fromEntries(makers));
  return made as DefinedEvents<D>; // A maker for each name.
}

function madeEvent(event: string, fields: Omit<EventInput, "event" | "properties"> & Given) {
  const { properties, ...rest } = fields;
  if (properties === undefined) return { ...rest, event };
  const present = Object.entries(properties).filter(([, value]) => value !== undefined);
  return { ...rest, event, properties: Object.fromEntries(present) };
}
interface Given {
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
}

function ruleInvalid(path: string, rule: unknown): ShaleError {
  return new ShaleError(
    "OPTION_INVALID",
    `Cannot define ${path} as ${JSON.stringify(rule)}: rules are ${rules.join(", ")}`,
    { path },
  );
}
