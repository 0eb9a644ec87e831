"""The published schemas of the API, as validators of what the daemon answers.

`openapi-subset.json` is OpenAPI 3.0, whose schemas are nearly JSON Schema. Made stricter here: a field that no schema
knows is an error, ids are lower-case UUIDs, moments are UTC with milliseconds (contract 1.7). And of the variants of an
event or an action attempt the one that its type names is checked alone, so that a message says what is wrong with it.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs

import moments



def published() -> dict:
    """The data as it is published."""
    return json.loads(Path(__file__).with_name("openapi-subset.json").read_text())


DATA = published()
SCHEMAS = DATA["components"]["schemas"]
UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
ID, MOMENT = {"type": "string", "format": "uuid"}, {"type": "string", "format": "date-time"}
PATTERNS = {"uuid": UUID, "date-time": f"^{moments.SHAPE.pattern}$"}

# What the daemon answers beyond the published schemas, or otherwise, and why that is right.
EXTRA_FIELDS = {
    ("access_code", "display_status"): "contract 2.1: newer than the data, read by SDK 3.18.0",
    ("access_code", "appearance"): "contract 2.1, C3: older than the data, shown in the guides",
}
EXTRA_VALUES = {
    ("device", "device_type"): (["edge_lock"], "contract 2.4: the data names brands; this is a lock behind a gateway"),
    ("unmanaged_device", "device_type"): (["edge_lock"], "as for a managed device"),
}
EXTRA_VARIANTS = {
    ("device warning", "door_forced_open"): (
        "contract 3.1: a client shows what it does not know; the data has no word for a door that was broken open",
        SCHEMAS["device"]["properties"]["warnings"]["items"]["oneOf"],
        {"warning_code": {"enum": ["door_forced_open"]}, "message": {"type": "string"}, "created_at": MOMENT}, ()),
    ("event", "lock.entries_lost"): (
        "what a lock forgot before it was read has to be told; the data has no event for it",
        SCHEMAS["event"]["oneOf"],
        {"event_type": {"enum": ["lock.entries_lost"]}, "event_id": ID, "workspace_id": ID, "device_id": ID,
         "connected_account_id": ID, "created_at": MOMENT, "occurred_at": MOMENT,
         "first_index": {"type": "integer"}, "last_index": {"type": "integer"}},
        ("device_custom_metadata", "connected_account_custom_metadata")),
}
OTHER_SCHEMAS = {
    ("/access_codes/generate_code", "generated_code"): (
        "contract R27, C17: the data names a whole access code, the service sends these two",
        {"type": "object", "required": ["device_id", "code"], "additionalProperties": False,
         "properties": {"device_id": {"type": "string", "pattern": UUID}, "code": {"type": "string"}}}),
}
HEALTH = {
    "type": "object", "required": ["ok", "msg", "service_health_statuses"], "additionalProperties": False,
    "properties": {
        "ok": {"const": True}, "msg": {"type": "string"},
        "last_service_evaluation_at": {"type": "string", "pattern": PATTERNS["date-time"]},
        "service_health_statuses": {"type": "array", "items": {
            "type": "object", "required": ["service", "status", "description"], "additionalProperties": False,
            "properties": {"service": {"type": "string"}, "description": {"type": "string"},
                           "status": {"enum": ["healthy", "degraded", "down"]}}}}}}
# Contract 1.4 and 1.5. The tree of validation errors has the same shape at every depth.
FAILURE = {
    "type": "object", "required": ["ok", "error"], "additionalProperties": False,
    "properties": {
        "ok": {"const": False},
        "error": {
            "type": "object", "required": ["type", "message"], "additionalProperties": False,
            "properties": {"type": {"type": "string", "minLength": 1}, "message": {"type": "string", "minLength": 1},
                           "data": {"type": "object"}, "validation_errors": {"$ref": "#/$defs/tree"}}}},
    "$defs": {"tree": {
        "type": "object", "required": ["_errors"], "additionalProperties": {"$ref": "#/$defs/tree"},
        "properties": {"_errors": {"type": "array", "items": {"type": "string"}}}}},
}


def strict(schema: dict, known: frozenset = frozenset()) -> dict:
    """A JSON Schema with the meaning of an OpenAPI one, without leave for unknown fields. `known`: fields besides."""
    if "$ref" in schema:
        made = {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    elif "allOf" in schema:
        made = strict(merged(schema["allOf"]))
    elif "oneOf" in schema:
        made = choice(schema["oneOf"])
    elif schema == {"nullable": True}:
        return {"type": "null"}
    else:
        made = {key: value for key, value in schema.items()
                if key in ("type", "enum", "required", "pattern", "minimum", "maximum", "minItems", "maxItems",
                           "minLength", "maxLength", "format")}
        if "format" in made and made["format"] in PATTERNS:
            made["pattern"] = PATTERNS[made["format"]]
        if "items" in schema:
            made["items"] = strict(schema["items"])
        if "properties" in schema:
            made["properties"] = {name: strict(part) for name, part in schema["properties"].items()}
            made["properties"].update({name: True for name in known})
            made["additionalProperties"] = False
        if isinstance(schema.get("additionalProperties"), dict):
            made["additionalProperties"] = strict(schema["additionalProperties"])
    return {"if": {"type": "null"}, "else": made} if schema.get("nullable") else made


def merged(parts: list[dict]) -> dict:
    """One object schema that asks for all that its parts ask for."""
    whole = {"type": "object", "properties": {}, "required": []}
    for part in parts:
        whole["properties"].update(part.get("properties", {}))
        whole["required"] += part.get("required", [])
    return whole


def choice(variants: list[dict]) -> dict:
    """One of several: by what distinguishes them where something does, else whichever fits."""
    tags = [name for name, part in variants[0].get("properties", {}).items()
            if name.endswith(("_type", "_code", "status")) and all(
                len(variant.get("properties", {}).get(name, {}).get("enum", [])) == 1 for variant in variants)]
    if not tags:
        return {"anyOf": [strict(variant) for variant in variants]}
    by_tag = {}
    for variant in variants:
        by_tag.setdefault(tuple(variant["properties"][tag]["enum"][0] for tag in tags), []).append(strict(variant))
    return {
        "required": tags,
        "properties": {tag: {"enum": sorted({key[index] for key in by_tag})} for index, tag in enumerate(tags)},
        "allOf": [{"if": {"properties": {tag: {"const": value} for tag, value in zip(tags, key)}},
                   "then": parts[0] if len(parts) == 1 else {"anyOf": parts}} for key, parts in by_tag.items()],
        # A pair that no variant has: each tag is known, but not together.
        **({"anyOf": [{"properties": {tag: {"const": value} for tag, value in zip(tags, key)}} for key in by_tag]}
           if len(tags) > 1 else {}),
    }


def extra(name: str) -> frozenset:
    """The fields that the daemon adds to a resource."""
    return frozenset(field for resource, field in EXTRA_FIELDS if resource == name)


for _, _variants, _members, _optional in EXTRA_VARIANTS.values():
    _variants.append({"type": "object", "required": list(_members),
                      "properties": {**_members, **{name: {"type": "object"} for name in _optional}}})
DEFINITIONS = {name: strict(schema, extra(name)) for name, schema in SCHEMAS.items()}
for (_resource, _field), (_values, _) in EXTRA_VALUES.items():
    _properties = DEFINITIONS[_resource]["properties"]
    _properties[_field] = {"anyOf": [{"enum": _values}, _properties[_field]]}


def validator(schema: dict):
    """What checks a value against a schema that may name resources."""
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": {**DEFINITIONS, **schema.get("$defs", {})}},
                                              validate_formats=True)


def of_route(path: str) -> dict:
    """The schema of what a route answers when all is well; the same for all its verbs."""
    operation = next(iter(DATA["paths"][path].values()))
    schema = strict(operation["responses"]["200"]["content"]["application/json"]["schema"])
    schema["properties"]["ok"] = {"const": True}
    for (other, key), (_, wanted) in OTHER_SCHEMAS.items():
        if other == path:
            schema["properties"][key] = wanted
    return schema


SUCCESSES = {path: validator(of_route(path)) for path in DATA["paths"]} | {
    path: validator(HEALTH) for path in ("/health", "/health/get_health")}
FAILURES = validator(FAILURE)
EVENTS = validator({"$ref": "#/$defs/event"})


def faults(check, value) -> Iterator[str]:
    """What is wrong with a value, with the place; the first ten."""
    for error in itertools.islice(check.iter_errors(value), 10):
        yield f"{'/'.join(map(str, error.instance_path)) or 'the answer'}: {str(error.message)[:300]}"
