"""A small template, and a gateway in front of functions that are plain Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.answers import Answer
from local.cors import CorsRules
from local.events import Request
from local.gateway import Gateway
from local.identity import Authorizer
from local.routing import Router, parse_target
from local.template import Route

SECRET = "a-secret-for-tests-" * 4
NOW_S = 1_700_000_000.25

DRAFT = "/v1/tenants/{tenant}/agents/{agent}/revisions/{revision}/draft"

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters:
  Claim: {Type: String, Default: "custom:tenant"}
  Origins: {Type: CommaDelimitedList, Default: ""}
  Issuer: {Type: String}
Conditions:
  HasOrigins: !Not [!Equals [!Join ["", !Ref Origins], ""]]
  Never: !Equals [a, b]
Globals:
  Function:
    Timeout: 25
    MemorySize: 512
    Environment:
      Variables:
        DRAFTS_TABLE: !Ref Drafts
        TENANT_CLAIM: !Ref Claim
        SHARED: globals
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers: {Jwt: {JwtConfiguration: {issuer: !Ref Issuer, audience: !Split [",", !ImportValue Clients]}}}
      CorsConfiguration: !If
        - HasOrigins
        - AllowOrigins: !Ref Origins
          AllowMethods: [GET, PUT]
          AllowHeaders: [if-match, content-type]
          ExposeHeaders: [ETag, Link]
          MaxAge: 600
        - !Ref AWS::NoValue
  AgentFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: agent_draft.app.handler
      Policies: [!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/x", {Fn::Transform: {Name: X}}]
      Environment:
        Variables:
          SHARED: own
          FLAG: true
          COUNT: 3
          TABLE_ARN: !GetAtt Drafts.Arn
          LABEL: !Sub ["${Name}-${AWS::StackName}-${!Literal}", {Name: !Select [1, [a, b]]}]
          CHOSEN: !If [Never, yes-text, no-text]
          UNKNOWN: !ImportValue Somewhere
      Events:
        Save:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: put, Path: "/v1/{tenant}/draft"}
        Undo:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: POST, Path: "/v1/{tenant}/draft:undo"}
        Health:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: GET, Path: /health, Auth: {Authorizer: NONE}}
  FallbackFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: fallback.handler
      Timeout: 5
      Events: {Any: {Type: HttpApi}}
  SweepFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: sweep.handler
      Events: {Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}
  OptionalFunction:
    Type: AWS::Serverless::Function
    Condition: Never
    Properties:
      Handler: optional.handler
      Events: {Get: {Type: HttpApi, Properties: {Method: GET, Path: /optional}}}
  Drafts:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: !Ref Issuer
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: expires_at_s, Enabled: true}
      SSESpecification: {SSEEnabled: true}
"""


def echo(event: dict[str, Any]) -> dict[str, Any]:
    """Answer with the event."""
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}


@dataclass
class FakeFunctions:
    """Functions that all do the same; `events` holds what they were called with."""

    handler: Callable[[dict[str, Any]], Any] = echo
    variables: Mapping[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def environment(self, name: str) -> Mapping[str, str]:
        return self.variables

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        self.events.append(event)
        return self.handler(event)


def a_gateway(
    functions: FakeFunctions | None = None,
    *,
    cors: CorsRules | None = None,
    auth_required: bool = False,
    routes: tuple[Route, ...] = (Route("ANY", "/echo/{part}", "Echo"), Route("PUT", DRAFT, "Echo")),
) -> Gateway:
    return Gateway(
        router=Router(routes),
        functions=functions or FakeFunctions(),
        authorizer=Authorizer(required=auth_required, secret=SECRET),
        cors=cors,
        clock=lambda: NOW_S,
    )


def a_request(
    target: str = "/echo/a",
    method: str = "GET",
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Request:
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else headers
    return Request(method, parse_target(target), pairs, body, body_bytes=len(body))


def event_of(answer: Answer) -> dict[str, Any]:
    """The event that `echo` answered with."""
    assert answer.status == 200, answer
    event = json.loads(answer.body)
    assert isinstance(event, dict)
    return event
