// A server and a client on the official Go SDK, for the matrix of peers. The server prints its address as one line of
// JSON; the client carries out a plan and prints what became of each step.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

type nothing struct{}

func text(words string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: words}}}
}

func newServer() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "go-peer", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "add", Description: "Adds two numbers."},
		func(_ context.Context, _ *mcp.CallToolRequest, in sum) (*mcp.CallToolResult, any, error) {
			return text(fmt.Sprint(in.A + in.B)), nil, nil
		})
	server.AddPrompt(&mcp.Prompt{
		Name: "summary", Description: "Asks for a summary.",
		Arguments: []*mcp.PromptArgument{{Name: "topic", Required: true}},
	}, func(_ context.Context, request *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		words := "Summarise " + request.Params.Arguments["topic"] + "."
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: words}}}}, nil
	})
	server.AddResource(&mcp.Resource{URI: "note://one", Name: "note", MIMEType: "text/plain"},
		func(_ context.Context, request *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			note := &mcp.ResourceContents{URI: request.Params.URI, MIMEType: "text/plain", Text: "The first note."}
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{note}}, nil
		})
	return server
}

func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := newServer()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
	fmt.Printf("{\"ready\":true,\"url\":\"http://%s/mcp\"}\n", listener.Addr())
	return http.Serve(listener, handler)
}

type step struct {
	OK   bool   `json:"ok"`
	Said string `json:"said"`
}

type wanted struct {
	Name  string         `json:"name"`
	Args  map[string]any `json:"args"`
	Wants string         `json:"wants"`
}

type plan struct {
	Tool     wanted  `json:"tool"`
	Question *wanted `json:"question"`
	Resource string  `json:"resource"`
	Prompt   *struct {
		Name string            `json:"name"`
		Args map[string]string `json:"args"`
	} `json:"prompt"`
}

type bearer struct{ token string }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(request)
}

func call(ctx context.Context, session *mcp.ClientSession, tool wanted) (string, error) {
	args := tool.Args
	if args == nil {
		args = map[string]any{}
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool.Name, Arguments: args})
	if err != nil {
		return "", err
	}
	said := ""
	for _, block := range result.Content {
		if words, ok := block.(*mcp.TextContent); ok {
			said += words.Text
		}
	}
	if result.IsError || !strings.Contains(said, tool.Wants) {
		return "", fmt.Errorf("wanted %q: %s", tool.Wants, said)
	}
	return said, nil
}

func run(url, token string, wants plan) map[string]step {
	steps := map[string]step{}
	attempt := func(name string, work func() (string, error)) bool {
		said, err := work()
		if err != nil {
			said = err.Error()
		}
		steps[name] = step{OK: err == nil, Said: said}
		return err == nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client := mcp.NewClient(&mcp.Implementation{Name: "go-client", Version: "1.0.0"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "ann"}}, nil
		},
	})
	var session *mcp.ClientSession
	if !attempt("connect", func() (string, error) {
		transport := &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: bearer{token}}}
		open, err := client.Connect(ctx, transport, nil)
		if err != nil {
			return "", err
		}
		session = open
		return open.InitializeResult().ProtocolVersion, nil
	}) {
		return steps
	}
	defer session.Close()
	attempt("tools", func() (string, error) {
		found, err := session.ListTools(ctx, nil)
		if err != nil {
			return "", err
		}
		for _, tool := range found.Tools {
			if tool.Name == wants.Tool.Name {
				return fmt.Sprint(len(found.Tools)), nil
			}
		}
		return "", fmt.Errorf("not listed: %s", wants.Tool.Name)
	})
	attempt("call", func() (string, error) { return call(ctx, session, wants.Tool) })
	if wants.Prompt != nil {
		attempt("prompt", func() (string, error) {
			if _, err := session.ListPrompts(ctx, nil); err != nil {
				return "", err
			}
			got, err := session.GetPrompt(ctx, &mcp.GetPromptParams{Name: wants.Prompt.Name, Arguments: wants.Prompt.Args})
			if err != nil {
				return "", err
			}
			return fmt.Sprint(len(got.Messages)), nil
		})
	}
	if wants.Resource != "" {
		attempt("resource", func() (string, error) {
			if _, err := session.ListResources(ctx, nil); err != nil {
				return "", err
			}
			got, err := session.ReadResource(ctx, &mcp.ReadResourceParams{URI: wants.Resource})
			if err != nil {
				return "", err
			}
			return fmt.Sprint(len(got.Contents)), nil
		})
	}
	if wants.Question != nil {
		attempt("question", func() (string, error) { return call(ctx, session, *wants.Question) })
	}
	return steps
}

func main() {
	if os.Args[1] == "server" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var wants plan
	if err := json.Unmarshal([]byte(os.Args[4]), &wants); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out, _ := json.Marshal(run(os.Args[2], os.Args[3], wants))
	fmt.Println(string(out))
}
