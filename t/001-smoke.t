# The documented sample arrives as the canonical body.

BEGIN { push @INC, 't/lib' }

use ErpsyncTest;
use Test::Nginx::Socket 'no_plan';

ErpsyncTest::set_up();
run_tests();

__DATA__

=== TEST 1: the sample of the documentation, onsite
--- gateway
erpsync_installation onsite;
--- request
POST /api/v1/Agents/ErpSync/TryConnectActor
{
  "ErpConnectionId": 883,
  "CrmRecordId": 34,
  "CrmActorType": "Contact",
  "ErpKey": "qui",
  "ErpActorType": "Customer",
  "FieldValues": [
    {
      "DisplayName": "Hermann, Rowe and Haag",
      "CrmFieldKey": "voluptatem",
      "Value": "corrupti",
      "DisplayValue": "ratione",
      "SyncToCrm": false,
      "SyncToErp": true
    }
  ]
}
--- more_headers
Authorization: Basic dGplMDpUamUw
Accept: application/json; charset=utf-8
Accept-Language: *
Content-Type: application/json; charset=utf-8
--- response_body eval
"POST /api/v1/Agents/ErpSync/TryConnectActor HTTP/1.0\r
Host: localhost\r
Connection: close\r
Content-Length: 269\r
Authorization: Basic dGplMDpUamUw\r
Accept: application/json; charset=utf-8\r
Accept-Language: *\r
Content-Type: application/json; charset=utf-8\r
\r
" . '{"ErpConnectionId":883,"CrmRecordId":34,"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer","FieldValues":[{"DisplayName":"Hermann, Rowe and Haag","CrmFieldKey":"voluptatem","Value":"corrupti","DisplayValue":"ratione","SyncToCrm":false,"SyncToErp":true}]}'



=== TEST 2: the same online, as a good call
--- forwarded
Authorization: Bearer 8A:Cust12345.abc
SO-AppToken: qw123f4c56770bc278017796cd16bd11
Content-Type: application/json; charset=utf-8



=== TEST 3: online it needs an app token
--- headers
! SO-AppToken
--- refused: app_token_missing
--- error_log
app=- tenant=Cust12345 operation=TryConnectActor status=403
